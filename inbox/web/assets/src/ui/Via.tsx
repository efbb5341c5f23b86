/** Where an answer goes: the line that always says so, the menu of ways, and what is said when something changes. */
import type { Signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../core/i18n';
import { full, now, stamp } from '../core/time';
import type { Detail, Level } from '../core/types';
import { type Way, binding, isClaim, isDoubtful, takesTemplates, wayKey } from '../store/answering';
import { type Box, edit } from '../store/drafts';
import { loadDetail } from '../store/thread';
import { Menu, type MenuItem } from './Menu';
import { Icon, KindIcon, colour, levelText } from './parts';

interface ViaProps { detail: Detail | undefined; ways: Way[]; box: Box; way: Way | undefined; name: string; open: Signal<boolean> }

export function Via({ detail, ways, box, way, name, open }: ViaProps) {
  if (!detail) return <span class="via skeleton line" />;
  if (!way) return <button type="button" class="via tool" onClick={() => void loadDetail(detail.id)}>{t('No channel reaches this customer')}</button>;
  const usable = ways.filter((option) => option.usable && !isClaim(option));
  const claimed = ways.filter((option) => option.usable && isClaim(option));
  const barred = ways.filter((option) => !option.usable);
  const item = (option: Way): MenuItem => entry(option, wayKey(option) === wayKey(way), () => edit(box, binding(option)));
  return (
    <Menu label={t('Change the channel')} class="via" testid="via" title={[way.to?.address, way.title, way.account || way.name].filter(Boolean).join(' · ')} up start wide heading={t('Answer {name} by', { name })} open={open} button={<Line way={way} name={name} doubtful={isDoubtful(way, detail.identities)} />}
      items={[...usable.map(item), ...(claimed.length ? [{ head: t('Only claimed by {name}', { name }) }, ...claimed.map(item)] : []), ...(barred.length ? [{ head: t('Not possible now') }, ...barred.map(item)] : [])]} />
  );
}

/** "To Anna · E-mail support@shop.example" */
function Line({ way, name, doubtful }: { way: Way; name: string; doubtful: boolean }) {
  return (
    <span class="via-line">
      <span class="whom">{t('To')} <b dir="auto">{name}</b></span>
      {way.to && way.to.address !== name && <bdi class="via-address clip">{way.to.address}</bdi>}
      {doubtful && <em class="unproved">{t('not proved')}</em>}
      <span aria-hidden="true">·</span>
      <span class="channel" style={colour(way.kind)}><KindIcon kind={way.kind} />{way.title}</span>
      <bdi class="clip from-us">{way.account || way.name}</bdi><Icon name="chevron-down" />
    </span>
  );
}

function entry(way: Way, checked: boolean, run: () => void): MenuItem {
  return {
    key: wayKey(way), checked, disabled: !way.usable, run,
    icon: <span class="channel" style={colour(way.kind)}><KindIcon kind={way.kind} /></span>,
    label: <><b>{way.title}</b> <bdi class="muted">{way.account && way.name !== way.account ? `${way.name} · ${way.account}` : way.account || way.name}</bdi></>,
    note: (
      <>
        {way.to && <span class="way-to">{t('to')} <bdi>{way.to.address}</bdi> <Proof level={way.to.level} /></span>}
        {way.usable && way.closes_at && !takesTemplates(way) && <span class="way-note" title={full(way.closes_at)}>{t('possible until {time}', { time: stamp(way.closes_at, now.value) })}</span>}
        {way.reason && <span class={`way-note${way.usable ? ' warn' : ''}`}>{way.reason}</span>}
        {!way.usable && !way.reason && <span class="way-note">{t('cannot be used now')}</span>}
      </>
    ),
  };
}

function Proof({ level }: { level: Level }) {
  const sure = level === 'verified' || level === 'mail_auth';
  const words = level === 'claimed' ? t('not proved') : sure ? t('verified') : t('wrote from here');
  return <span class={`proof ${level === 'claimed' ? 'warn' : sure ? 'ok' : ''}`} title={levelText(level)} data-testid="way-level" data-level={level}>{sure && <Icon name="shield-check" />}{level === 'claimed' && <Icon name="shield" />}{words}</span>;
}

interface BannersProps { box: Box; way: Way | undefined; fresh: Way | undefined; lost: boolean; name: string }

/** What the agent has to know about the way, or to decide: nothing changes without him. */
export function Banners({ box, way, fresh, lost, name }: BannersProps) {
  const [kept, setKept] = useState<string | null>(null);
  useEffect(() => { if (!fresh) setKept(null); }, [fresh === undefined]);
  return (
    <>
      {fresh && kept !== wayKey(fresh) && (
        <div class="banner" role="status" data-testid="switch-banner"><span class="channel" style={colour(fresh.kind)}><KindIcon kind={fresh.kind} /></span>
          <span class="banner-text">{fresh.channel_id === way?.channel_id
            ? t('{name} wrote from {address} now. Reply there?', { name, address: fresh.to?.address ?? '' })
            : t('{name} wrote on {channel} now. Reply there?', { name, channel: fresh.title })}</span>
          <button type="button" class="btn small" onClick={() => edit(box, binding(fresh))} data-testid="switch-channel">{t('Reply there')}</button>
          <button type="button" class="btn bare small" onClick={() => setKept(wayKey(fresh))} data-testid="keep-channel">{t('Stay with {channel}', { channel: way?.title ?? '' })}</button></div>
      )}
      {lost && way && (
        <div class="banner" role="status" data-testid="way-lost"><Icon name="alert" /><span class="banner-text">{t('The address this was meant for is not with this customer any more. Send it to {address}?', { address: way.to?.address ?? way.title })}</span>
          <button type="button" class="btn small" onClick={() => edit(box, binding(way))} data-testid="way-take">{t('Send it there')}</button></div>
      )}
      {way?.reply_to && way.to && way.reply_to !== way.to.address && (
        <div class="banner" data-testid="reply-to-hint"><Icon name="shield" />
          <span class="banner-text">{box.content.value.replyTo ? t('This answer goes to {other}, as the last mail asks for.', { other: way.reply_to }) : t('The last mail asks for answers to another address, {other}. This goes to {address}.', { other: way.reply_to, address: way.to.address })}</span>
          <button type="button" class="btn bare small" onClick={() => edit(box, { replyTo: box.content.value.replyTo ? null : way.reply_to })} data-testid="use-reply-to">{t('Answer to {address}', { address: box.content.value.replyTo ? way.to.address : way.reply_to })}</button></div>
      )}
      {isClaim(way) && <div class="banner" role="status" data-testid="claim-warning"><Icon name="shield" /><span class="banner-text">{t('{name} only said that {address} is theirs; nobody has proved it. Write nothing there that others must not read.', { name, address: way?.to?.address ?? '' })}</span></div>}
      {way?.reason && !isClaim(way) && <div class={`banner${way.usable ? '' : ' bad'}`} role="status" data-testid="channel-unusable"><Icon name="alert" /><span class="banner-text">{way.reason}</span></div>}
    </>
  );
}
