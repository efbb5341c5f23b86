/** Cards of the customer pane that have data of their own: the visit, notes of colleagues, likely duplicates. */
import { t, tn } from '../core/i18n';
import { age, full, now, stamp } from '../core/time';
import type { Evidence, Visit } from '../core/types';
import type { About } from '../store/customer';
import { cartLines } from '../store/rules';
import { Icon } from './parts';

const LINES = 5;
const FACTS = 12;

/** `known`: the shop itself tells of the cart, so what the page said of it is left out. */
export function VisitCard({ visit, online, known }: { visit: Visit; online: boolean; known: boolean }) {
  const { page } = visit;
  const cart = known ? null : cartLines(visit.cart);
  const told = Object.entries(visit.attributes);
  return (
    <section class="sec visit" data-testid="visit" data-online={online}>
      <h3>{online ? <><span class="online" aria-hidden="true" />{t('On the site now')}</> : t('Last visit to the site')}</h3>
      {page && <p class="visit-page"><a class="link" href={page.url} target="_blank" rel="noopener noreferrer nofollow" dir="auto" data-testid="visited">{page.title || host(page.url)}</a><small class="muted">{host(page.url)}</small></p>}
      <p class="muted small times">{visit.page_at && <span title={full(visit.page_at)}>{t('on this page since {time}', { time: stamp(visit.page_at, now.value) })}</span>}<span title={full(visit.since)}>{t('here since {time}', { time: stamp(visit.since, now.value) })}</span></p>
      {cart && (
        <div class="cart" data-testid="cart"><p><Icon name="cart" /><b>{tn(cart.count, '{n} thing in the cart', '{n} things in the cart')}</b>{cart.total && <span class="num">{cart.total}</span>}{visit.cart_at && <small class="muted" title={full(visit.cart_at)}>{age(visit.cart_at, now.value)}</small>}</p>
          <ul role="list">{cart.lines.slice(0, LINES).map((line, index) => <li key={index}><span class="num">{line.quantity} ×</span><span class="clip grow" dir="auto">{line.title}</span>{line.price && <span class="num">{line.price}</span>}</li>)}</ul>
          {cart.lines.length > LINES && <small class="muted">{tn(cart.lines.length - LINES, 'and {n} more', 'and {n} more')}</small>}</div>
      )}
      {told.length > 0 && (
        <div class="told" data-testid="attributes"><small class="muted" title={t('The page in the visitor’s browser says so. Anybody could have changed it.')}><Icon name="shield" />{t('Said by the page, not proved')}</small>
          <dl class="facts small">{told.slice(0, FACTS).map(([name, fact]) => <><dt key={name} dir="auto">{name}</dt><dd dir="auto">{fact === true ? t('yes') : fact === false ? t('no') : String(fact)}</dd></>)}</dl>
          {told.length > FACTS && <small class="muted">{tn(told.length - FACTS, 'and {n} more', 'and {n} more')}</small>}</div>
      )}
    </section>
  );
}

function host(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url; // as the page told it
  }
}

export function Notes({ about, customer }: { about: About; customer: number }) {
  const notes = about.notes.value.value ?? [];
  const count = about.customer.value.value?.notes ?? 0;
  if (!notes.length) return null;
  return (
    <section class="sec" data-testid="customer-notes"><h3>{t('Notes about the customer')}</h3>
      <ul role="list" class="notes">{notes.map((note) => (
        <li key={note.id} class="note-card" data-testid="customer-note"><p dir="auto">{note.body}</p><small title={full(note.created_at)}>{[note.author, stamp(note.created_at, now.value)].filter(Boolean).join(' · ')}</small></li>))}</ul>
      {count > notes.length && <a class="link small" href={`/customers/${customer}#notes`}>{tn(count, 'Show the note', 'All {n} notes')}</a>}
    </section>
  );
}

const sure = (word: string): string => ({ 'very likely': t('very likely'), likely: t('likely'), possible: t('possible') })[word] ?? word;

/** Why two customers may be one person. */
function why({ code, text, data }: Evidence): string {
  const address = String(data['address'] ?? '');
  switch (code) {
    case 'same_user': return t('One claims the user id that the other has in the shop, {address}.', { address });
    case 'claimed_address': return t('One says that the address of the other is theirs: {address}.', { address });
    case 'same_claim': return t('Both say that {address} is theirs.', { address });
    case 'same_phone': return t('Both have the number {address}.', { address });
    case 'same_name': return t('Both have the same full name.');
    case 'same_handle': return t('Both are called “{name}” somewhere.', { name: String(data['name'] ?? '') });
    case 'same_domain': return t('Both write from {domain}.', { domain: String(data['domain'] ?? '') });
    case 'same_place': return t('Both have the same language and time zone.');
    default: return text;
  }
}

export function Duplicates({ about, customer }: { about: About; customer: number }) {
  const items = about.duplicates.value.value ?? [];
  if (!items.length) return null;
  return (
    <section class="sec duplicates" data-testid="duplicates"><h3><Icon name="users" />{tn(items.length, 'This may be the same person', 'These may be the same person')}</h3>
      <ul role="list">{items.slice(0, 3).map((item) => (
        <li key={item.id} class="duplicate" data-testid="duplicate">
          <p><b dir="auto">{item.customer.name}</b><span class={`pill ${item.conflict ? 'bad' : item.score >= 80 ? 'ok' : ''}`}>{item.conflict ? t('conflict') : sure(item.sure)}</span></p>
          {item.evidence.slice(0, 3).map((evidence, index) => <small key={index} dir="auto">{why(evidence)}</small>)}
          {item.conflict && <small class="bad">{t('Both have proved different ids of one kind.')}</small>}
          <a class="btn small" href={`/customers/${customer}/merge?other=${item.customer.id}`} data-testid="duplicate-open"><Icon name="merge" />{t('Review and merge')}</a>
        </li>))}</ul>
    </section>
  );
}
