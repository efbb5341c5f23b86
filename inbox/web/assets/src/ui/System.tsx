/** One line for what happened in a thread: who resolved it, what was merged, where an answer went on. */
import type { ComponentChildren } from 'preact';
import { t, tn } from '../core/i18n';
import { me } from '../core/page';
import { full, now, stamp } from '../core/time';
import type { Message } from '../core/types';
import { CART, agentName, threadOf } from '../store/store';
import { actText } from './actline';
import { DeliveryLine } from './Delivery';
import { CartLine } from './CartLine';
import { Icon } from './parts';

const ICONS: Record<string, string> = {
  resolved: 'check-circle', reopened: 'reopen', assigned: 'user-plus', unassigned: 'user', merged: 'merge', unmerged: 'split', split: 'split', unsplit: 'merge', continued: 'mail', rated: 'star', rating_comment: 'star', unreachable: 'alert', reachable: 'check', undelivered: 'reopen', blocked: 'alert', unblocked: 'check', link_to_check: 'merge', link_without_effect: 'split',
  reply_edited: 'pencil', reply_taken_back: 'trash', act_done: 'cart', act_proposed: 'users', act_uncertain: 'alert', act_failed: 'alert-circle', act_refused: 'x',
};

/** An address, and by which of our accounts it is met. */
function whereabouts(data: Record<string, unknown>): string {
  const channel = text(data['channel']);
  return channel ? `${text(data['address'])} (${channel})` : text(data['address']);
}

export function systemText(message: Message): string {
  const who = message.author.id === me.id ? t('you') : message.author.name;
  const data = message.system?.data ?? {};
  const whom = data['assignee_id'];
  switch (message.system?.code) {
    case 'resolved': return who ? t('Resolved by {name}', { name: who }) : t('Resolved');
    case 'reopened': return who ? t('Reopened by {name}', { name: who }) : t('Reopened');
    case 'assigned': {
      if (typeof whom !== 'number') return message.body_text;
      const name = whom === me.id ? t('you') : agentName(whom);
      return who && message.author.id !== whom ? t('{name} assigned this to {agent}', { name: capital(who), agent: name }) : t('Taken by {agent}', { agent: name });
    }
    case 'unassigned': return who ? t('{name} removed the assignee', { name: capital(who) }) : message.body_text;
    case 'merged': {
      const customer = text(data['customer']);
      const why = REASONS[text(data['reason'])]?.() ?? text(data['reason']);
      if (why) return t('Merged with {customer}: {reason}', { customer, reason: why });
      return who ? t('{name} merged {customer} into this customer', { name: capital(who), customer }) : message.body_text;
    }
    case 'split': return data['customer'] && who ? t('{name} split {address} from {customer}', { name: capital(who), address: text(data['address']), customer: text(data['customer']) }) : message.body_text;
    case 'unmerged': return who ? t('{name} undid the merge', { name: capital(who) }) : message.body_text;
    case 'unsplit': return who ? t('{name} undid the split', { name: capital(who) }) : message.body_text;
    case 'rated': {
      const words = t('{name} rated this {score} of 5', { name: text(data['name']), score: Number(data['score']) });
      return text(data['comment']) ? `${words}: ${text(data['comment'])}` : words;
    }
    case 'rating_comment': return t('{name} about the rating: {comment}', { name: text(data['name']), comment: text(data['comment']) });
    case 'reachable': return t('Can be written to again: {address}', { address: whereabouts(data) });
    case 'unreachable': return t('Cannot be written to any more: {address}', { address: whereabouts(data) });
    case 'undelivered': return t('Reopened: a reply could not be delivered');
    case 'reply_edited': return who ? t('{name} changed a reply', { name: capital(who) }) : message.body_text;
    case 'reply_taken_back': return who ? t('{name} took a reply back', { name: capital(who) }) : message.body_text;
    case 'continued': return tn(Number(data['replies'] ?? 1), 'Not seen on {channel}: the reply went on to {address}', 'Not seen on {channel}: {n} replies went on to {address}',
      { channel: text(data['from_channel']), address: text(data['address']) });
    case 'blocked': return who ? t('{name} blocked {address}', { name: capital(who), address: whereabouts(data) }) : message.body_text;
    case 'unblocked': return who ? t('{name} lets {address} write again', { name: capital(who), address: whereabouts(data) }) : message.body_text;
    case 'link_to_check': return t('{address} opened a link from the site, and was told that a colleague checks it', { address: text(data['address']) });
    case 'link_without_effect': return t('{address} opened a link from the site, and was told that the chats stay separate', { address: text(data['address']) });
    default: return (message.system && actText(message.system.code, data)) || message.body_text;
  }
}
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
/** Why two customers were merged without an agent. */
const REASONS: Record<string, () => string> = {
  signed_in: () => t('both are one account of the shop'), mail_code: () => t('proved by a code from the mailbox'),
  linked: () => t('proved by a one-time code'), answered: () => t('proved by answering our mail'),
};
const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/** `run`: of a cart's, all that are this one line. */
export function SystemLine({ message, run = [] }: { message: Message; run?: number[] }) {
  const code = message.system?.code ?? '';
  if (code === CART) return <CartLine message={message} run={run} />;
  return (
    <article class="sys" tabIndex={-1} aria-posinset={message.seq} aria-setsize={-1} aria-labelledby={`by-${message.id}`} data-anchor data-testid="system-line" data-code={code} data-seq={message.seq} title={full(message.created_at)}>
      <Icon name={ICONS[code] ?? 'info'} />
      <span class="sys-text"><span dir="auto" id={`by-${message.id}`}>{systemText(message)}</span> · <time class="num" dateTime={message.created_at}>{stamp(message.created_at, now.value)}</time><More message={message} /></span>
      {message.delivery && <DeliveryLine message={message} last />}
    </article>
  );
}

/** Where to read on, or to take it back. */
function More({ message }: { message: Message }): ComponentChildren {
  const customer = threadOf(message.thread_id)?.customer.id;
  return Boolean(message.system?.data['merge_id']) && customer !== undefined && <> · <a class="link" href={`/customers/${customer}#merges`} data-testid="system-link">{t('Details')}</a></>;
}
