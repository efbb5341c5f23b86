/** Who writes: where they are now, addresses and how sure we are of each, what colleagues noted, who may be the same
 *  person, and the earlier requests. */
import { t, tn } from '../core/i18n';
import { locale } from '../core/page';
import { day, full, now, zoneTime } from '../core/time';
import type { Claim, Detail, Episode, Identity } from '../core/types';
import { shelfOf } from '../store/commerce';
import { type About, aboutOf, loadAbout } from '../store/customer';
import { fetchShops, shops } from '../store/lazy';
import { drawer, route } from '../store/router';
import { detailOf, threadOf } from '../store/store';
import { Duplicates, Notes, VisitCard } from './CustomerCards';
import { Avatar, Icon, KindIcon, colour, levelText } from './parts';

export function CustomerPane() {
  const { id } = route.value;
  const thread = id === null ? undefined : threadOf(id);
  const detail = id === null ? undefined : detailOf(id);
  if (id === null || !thread) return <aside class="customer pane" aria-label={t('Customer')} />;
  const about = aboutOf(thread.customer.id);
  return (
    <>
      {drawer.value && <div class="veil" onClick={() => { drawer.value = false; }} />}
      <aside class={`customer pane${drawer.value ? ' is-open' : ''}`} aria-label={t('Customer')} data-testid="customer">
        <header class="bar drawer-bar"><h2 class="grow">{t('Customer')}</h2><button type="button" class="btn bare icon-only" aria-label={t('Close')} onClick={() => { drawer.value = false; }} data-testid="customer-close"><Icon name="x" /></button></header>
        <div class="scroll">
          <section class="sec person"><Avatar name={thread.customer.name} size={48} /><div class="grow"><h2><a href={`/customers/${thread.customer.id}`} dir="auto" data-testid="customer-link">{thread.customer.name}</a>{thread.online && <span class="online" role="img" aria-label={t('on the site now')} title={t('on the site now')} />}</h2>
            {detail && <p class="muted small">{since(detail)}</p>}<Where about={about} /></div></section>
          <Tags about={about} />
          {detail?.visit && <VisitCard visit={detail.visit} online={thread.online === true} known={shelfOf(thread.customer.id).value.value?.shops.some((shop) => shop.carts.length > 0) === true} />}
          <Shops key={thread.customer.id} customer={thread.customer.id} thread={id} />
          <Duplicates about={about} customer={thread.customer.id} />
          {detail ? <><Identities items={detail.identities} claims={about.customer.value.value?.claims ?? []} /><Notes about={about} customer={thread.customer.id} /><Episodes items={detail.episodes} /></> : <div class="sec" role="status"><span class="sr">{t('Loading')}</span><div class="skeleton line" /><div class="skeleton line" /></div>}
          {about.customer.value.state === 'error' && (
            <div class="sec" role="status" data-testid="about-error"><p class="notice"><Icon name="alert-circle" />{t('Tags and notes could not be loaded.')}</p>
              <button type="button" class="btn small" onClick={() => void loadAbout(thread.customer.id)} data-testid="about-retry">{t('Try again')}</button></div>
          )}
        </div>
      </aside>
    </>
  );
}

/** The shops' panel, once it is loaded itself. */
function Shops({ customer, thread }: { customer: number; thread: number }) {
  const { parts, failed } = shops.value;
  if (parts) return <parts.CommercePanel customer={customer} thread={thread} />;
  return (
    <section class="sec" role="status" data-testid="commerce-waiting">{failed ? <><p class="notice"><Icon name="alert-circle" />{t('What the shop knows could not be loaded.')}</p><button type="button" class="btn small" onClick={() => void fetchShops()}>{t('Try again')}</button></>
      : <><span class="sr">{t('Loading')}</span><div class="skeleton line" /><div class="skeleton line" /></>}</section>
  );
}

function since(detail: Detail): string {
  const first = detail.identities.map((identity) => identity.first_seen_at).filter((at) => at !== null).sort()[0];
  const requests = tn(detail.episodes.length, '{n} request', '{n} requests');
  return first ? t('Customer since {date} · {requests}', { date: day(first), requests }) : requests;
}

const languages = new Intl.DisplayNames([locale], { type: 'language', fallback: 'code' });
function languageName(tag: string): string {
  try {
    return languages.of(tag) ?? tag;
  } catch {
    return tag; // not a well-formed tag: shown as the network gave it
  }
}

/** The customer's language, and what time it is there. */
function Where({ about }: { about: About }) {
  const found = about.customer.value.value;
  const time = found?.time_zone ? zoneTime(found.time_zone, now.value) : null;
  if (!found?.locale && !time) return null;
  return <p class="muted small where" data-testid="where">{found?.locale && <span><Icon name="globe" />{languageName(found.locale)}</span>}{time && <span title={found?.time_zone ?? ''}><Icon name="clock" />{t('{time} there', { time })}</span>}</p>;
}

function Tags({ about }: { about: About }) {
  const tags = about.customer.value.value?.tags ?? [];
  return tags.length > 0 && <section class="sec tags" aria-label={t('Tags')} data-testid="tags">{tags.map((tag) => <span key={tag} class="pill"><Icon name="tag" /><bdi>{tag}</bdi></span>)}</section>;
}

function Identities({ items, claims }: { items: Identity[]; claims: Claim[] }) {
  return (
    <section class="sec"><h3>{t('Addresses')}</h3>
      <ul role="list" class="ids">
        {items.map((identity) => <IdentityItem key={identity.id} identity={identity} />)}
        {claims.map((claim) => (
          <li key={`c${claim.id}`} class="identity claim" data-testid="claim">
            <span class="channel" style={colour(claim.namespace)}><KindIcon kind={claim.namespace} /></span>
            <div class="grow"><bdi class="address">{claim.display || claim.address}</bdi>
              <small class="warn" title={t('The customer only said so. It proves nothing, and leads no mail into this thread.')}><Icon name="shield" />{t('unverified: said by the customer')}</small>
              <small title={full(claim.created_at)}>{claim.mailed_at ? t('written to {date}, no answer yet', { date: day(claim.mailed_at) }) : t('said {date}', { date: day(claim.created_at) })}</small></div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function IdentityItem({ identity }: { identity: Identity }) {
  const sure = identity.level === 'verified' || identity.level === 'mail_auth';
  const words = identity.level === 'claimed' ? t('not verified') : sure ? t('verified') : t('by channel');
  const why = [levelText(identity.level), identity.level_reason].filter(Boolean).join(' – ');
  return (
    <li class="identity" data-testid="identity" data-level={identity.level}>
      <span class="channel" style={colour(identity.namespace)}><KindIcon kind={identity.namespace} /></span>
      <div class="grow"><bdi class="address">{identity.display || identity.address}</bdi>
        <small class={identity.level === 'claimed' ? 'warn' : sure ? 'ok' : ''} title={why}>{sure ? <Icon name="shield-check" /> : identity.level === 'claimed' ? <Icon name="shield" /> : null}{words}{identity.level_reason && identity.level !== 'channel' ? ` · ${identity.level_reason}` : ''}</small>
        {identity.unreachable && <small class="bad" data-testid="unreachable"><Icon name="alert" />{t('does not take messages: {reason}', { reason: identity.unreachable })}</small>}
        {identity.last_seen_at && <small title={full(identity.last_seen_at)}>{t('last wrote {date}', { date: day(identity.last_seen_at) })}</small>}</div>
    </li>
  );
}

function Episodes({ items }: { items: Episode[] }) {
  if (!items.length) return null;
  return (
    <section class="sec"><h3>{t('Requests')}</h3>
      <ol role="list" class="episodes">
        {items.map((episode) => {
          const open = episode.status !== 'resolved';
          return (
            <li key={episode.id} class="episode-item" data-testid="episode">
              <b class="num">{t('Request {n}', { n: episode.number })}</b><span class={`pill ${open ? 'info' : 'ok'}`}>{open ? t('open') : t('resolved')}</span>
              <small>{day(episode.opened_at)}{episode.resolved_at && ` – ${day(episode.resolved_at)}`}{episode.reopened_count > 0 && ' · '}{episode.reopened_count > 0 && tn(episode.reopened_count, 'reopened once', 'reopened {n} times')}</small>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
