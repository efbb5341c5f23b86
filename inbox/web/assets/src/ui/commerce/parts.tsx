/** Small parts of the shops' panel: badges, pictures, how new something is. */
import { useState } from 'preact/hooks';
import { t } from '../../core/i18n';
import { locale } from '../../core/page';
import { clock, full, now, stamp } from '../../core/time';
import { type Fresh, type Money, type Product, price } from '../../core/commerce';
import { heard } from '../../store/commerce';
import { Icon, initials } from '../parts';
import type { Badge } from './words';

export const Pill = ({ badge, testid }: { badge: Badge; testid?: string }) => <span class={`pill ${badge.tone}`} title={badge.title} data-testid={testid}><bdi>{badge.text}</bdi></span>;
export const Amount = ({ money }: { money: Money }) => <span class="num amount">{price(money)}</span>;

/** A link out of the product; those who hear it are told. */
export const Out = ({ href, children, testid }: { href: string; children: preact.ComponentChildren; testid?: string }) =>
  <a class="link" href={href} target="_blank" rel="noopener noreferrer nofollow" data-testid={testid}>{children}<Icon name="external" /><span class="sr">{t('(opens in a new tab)')}</span></a>;

/** Pictures come through our own server alone; without one the first letters stand there. */
export function Picture({ product }: { product: Product }) {
  const [broken, setBroken] = useState('');
  const from = product.picture ?? '';
  return <span class="thumb" aria-hidden="true">{from && from !== broken ? <img src={from} alt="" width="40" height="40" loading="lazy" decoding="async" onError={() => setBroken(from)} /> : initials(product.title)}</span>;
}

const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
const MINUTE = 60;

export function ago(iso: string, at: number): string {
  const seconds = Math.max(0, Math.round((at - Date.parse(iso)) / 1000));
  if (seconds < MINUTE) return seconds < 5 ? t('just now') : relative.format(-seconds, 'second');
  return seconds < 60 * MINUTE ? relative.format(-Math.floor(seconds / MINUTE), 'minute') : stamp(iso, at);
}

/** What the server called it grows older on the screen when no newer answer comes. */
export function labelOf(fresh: Fresh, at: number): Fresh['label'] {
  const age = fresh.at === null ? Infinity : at - Date.parse(fresh.at);
  const told = fresh.label === 'live' && at - heard.value > MINUTE * 1000 ? 'recent' : fresh.label;
  return told === 'recent' && age > 5 * MINUTE * 1000 ? 'stale' : told;
}

export function Freshness({ fresh }: { fresh: Fresh }) {
  const label = labelOf(fresh, now.value);
  const words = fresh.at === null ? '' : label === 'stale' ? t('as of {time}', { time: stamp(fresh.at, now.value) }) : t('updated {ago}', { ago: ago(fresh.at, now.value) });
  return (
    <span class={`fresh ${label}`} data-testid="fresh" data-label={label} title={fresh.at ? full(fresh.at) : undefined}>
      {label === 'stale' && <Icon name="clock" />}{words && <span class="num">{words}</span>}{label === 'live' && <span class="live-mark">{t('live')}</span>}
      {fresh.client && <span class="pill warn" title={t('The visitor’s browser told it, and nobody has checked it in the shop.')} data-testid="by-browser">{t('reported by browser')}</span>}
    </span>
  );
}

/** The shop could not be asked: what is shown is older, or there is nothing to show. */
export function Trouble({ fresh, retry }: { fresh: Fresh; retry: () => void }) {
  if (!fresh.error && fresh.label !== 'unavailable') return null;
  const since = fresh.failing_since ? t('Shop not reachable since {time}', { time: clock(fresh.failing_since) }) : t('Shop not reachable');
  const kept = fresh.at && fresh.label !== 'unavailable' ? t('showing data from {time}', { time: stamp(fresh.at, now.value) }) : '';
  return (
    <div class="alert warn slim" role="status" data-testid="shop-trouble"><Icon name="plug" /><div class="grow"><p>{[since, kept].filter(Boolean).join(', ')}</p>{fresh.error && <small dir="auto">{fresh.error}</small>}</div>
      <button type="button" class="btn small" onClick={retry} data-testid="shop-retry">{t('Try again')}</button></div>
  );
}
