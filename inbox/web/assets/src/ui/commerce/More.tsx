/** What a customer is to the shops, points, pages that were looked at, and finding an order by its number. */
import { useState } from 'preact/hooks';
import { Problem } from '../../core/api';
import { t, tn } from '../../core/i18n';
import { locale } from '../../core/page';
import { age, day, full, now } from '../../core/time';
import { type Consent, type Loyalty, type OrderView, type Value, type Viewed, price, webAddress } from '../../core/commerce';
import { findOrders, link } from '../../store/commerce';
import { Icon } from '../parts';
import { OrderCard } from './Orders';
import type { Place } from './slots';
import { Pill } from './parts';
import { consentWord, stageWord } from './words';

export function Worth({ value, consents }: { value: Value; consents: Consent[] }) {
  const facts: [string, string][] = [];
  if (value.orders_count !== null) facts.push([t('Orders'), new Intl.NumberFormat(locale).format(value.orders_count)]);
  if (value.spent.length) facts.push([t('Spent'), value.spent.map(price).join(' + ')]);
  if (value.average.length) facts.push([t('Per order'), value.average.map(price).join(', ')]);
  if (value.since) facts.push([t('Since'), day(value.since)]);
  if (value.last_order_at) facts.push([t('Last order'), day(value.last_order_at)]);
  const [stage, meaning] = stageWord(value.stage);
  if (!facts.length && !stage && !value.segments.length && !consents.length) return null;
  return (
    <section class="sec worth" aria-label={t('Value')} data-testid="worth">
      {facts.length > 0 && <dl class="worth-facts">{facts.map(([name, text]) => <div key={name}><dt>{name}</dt><dd class="num">{text}</dd></div>)}</dl>}
      {(stage || value.segments.length > 0) && (
        <p class="tags-line">{stage && <Stage name={stage} meaning={meaning} />}{value.segments.map((segment) => <span key={segment} class="pill"><Icon name="tag" /><bdi>{segment}</bdi></span>)}</p>)}
      {consents.length > 0 && <p class="tags-line" data-testid="consents">{consents.map((each, index) => <Pill key={index} badge={{ ...consentWord(each.channel, each.state), ...(each.at ? { title: full(each.at) } : {}) }} />)}</p>}
    </section>
  );
}

/** What a stage means is said to whoever points at it or comes to it by keyboard. */
function Stage({ name, meaning }: { name: string; meaning: string }) {
  return meaning ? <span class="hinted"><button type="button" class="pill info" aria-describedby="stage-hint" data-testid="stage"><Icon name="star" />{name}</button><span class="hint-box" role="tooltip" id="stage-hint">{meaning}</span></span>
    : <span class="pill" data-testid="stage">{name}</span>;
}

export function Points({ loyalty }: { loyalty: Loyalty }) {
  const facts = [
    loyalty.points !== null ? tn(loyalty.points, '{n} point', '{n} points') : '', loyalty.worth ? t('worth {amount}', { amount: price(loyalty.worth) }) : '',
    loyalty.expiring && loyalty.expires_at ? tn(loyalty.expiring, '{n} expires {date}', '{n} expire {date}', { date: day(loyalty.expires_at) }) : '',
    loyalty.credit ? t('credit {amount}', { amount: price(loyalty.credit) }) : '',
  ].filter(Boolean);
  return <p class="small points" data-testid="loyalty"><Icon name="star" />{loyalty.tier && <b><bdi>{loyalty.tier}</bdi></b>}<span class="num">{facts.join(' · ')}</span></p>;
}

const PAGES = 5;
export function Pages({ items }: { items: Viewed[] }) {
  if (!items.length) return null;
  return (
    <details class="sec viewed" data-testid="viewed"><summary><h3>{tn(items.length, '{n} page viewed', '{n} pages viewed')}</h3></summary>
      <ul role="list" class="small">{items.slice(0, PAGES * 2).map((page, index) => (
        <li key={index}>{webAddress(page.url) ? <a class="link" href={page.url} target="_blank" rel="noopener noreferrer nofollow" dir="auto">{page.title || page.url}</a> : <span dir="auto">{page.title}</span>}<small class="muted num" title={full(page.at)}>{age(page.at, now.value)}</small></li>))}</ul></details>
  );
}

type Search = { state: 'idle' } | { state: 'loading' } | { state: 'error'; text: string } | { state: 'found'; number: string; items: OrderView[] };

export function FindOrder({ place }: { place: Place }) {
  const [words, setWords] = useState('');
  const [search, setSearch] = useState<Search>({ state: 'idle' });
  const run = async (): Promise<void> => {
    const number = words.trim();
    if (!number) return;
    setSearch({ state: 'loading' });
    try {
      setSearch({ state: 'found', number, items: await findOrders(place.shop.id, number) });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      setSearch({ state: 'error', text: problem.status ? problem.message : t('There is no connection to the server.') });
    }
  };
  const known = new Set(place.shop.links.filter((each) => each.state === 'linked').map((each) => each.buyer_id));
  return (
    <div class="find-order">
      <form onSubmit={(event) => { event.preventDefault(); void run(); }}>
        <label class="find"><Icon name="search" /><span class="sr">{t('Find an order in {shop} by its number', { shop: place.shop.name })}</span>
          <input type="search" value={words} placeholder={t('Order number')} autocomplete="off" maxLength={60} onInput={(event) => setWords(event.currentTarget.value)} data-testid="order-search" /></label>
      </form>
      <div role="status" class="small">
        {search.state === 'loading' && <p class="muted">{t('Searching…')}</p>}
        {search.state === 'error' && <p class="bad" data-testid="search-error">{search.text}</p>}
        {search.state === 'found' && search.items.length === 0 && <p class="muted" data-testid="search-none">{t('No order {number} in {shop}.', { number: search.number, shop: place.shop.name })}</p>}
      </div>
      {search.state === 'found' && search.items.map((view) => (
        <div key={view.order.id} data-testid="search-hit"><OrderCard view={view} {...place} />
          {view.order.buyer_id && !known.has(view.order.buyer_id) && <p class="small"><button type="button" class="btn small" onClick={() => void link(place.customer, place.shop.id, view.order.buyer_id)} data-testid="link-buyer"><Icon name="check" />{t('The buyer is this customer')}</button></p>}</div>))}
    </div>
  );
}
