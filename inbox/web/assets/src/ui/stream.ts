/** Pure: from messages to what the stream shows between and around them. */
import { dayKey } from '../core/time';
import type { Message } from '../core/types';
import { CART } from '../store/store';

export interface Entry {
  id: number;
  /** ISO time of a day line before it. */
  day: string | null;
  /** An episode begins here. */
  episode: number | null;
  fresh: boolean;
  /** Follows the same sender on the same channel within five minutes: no heading of its own. */
  grouped: boolean;
  subject: string | null;
  /** The conversation moves to this channel here. */
  turn: { id: number; kind: string | null } | null;
  folded: boolean;
  /** Changes of one cart that follow one another are one line: theirs, oldest first. */
  run: number[];
  cart: unknown;
}

const GROUP_MS = 5 * 60_000;
const plain = (subject: string | null): string => (subject ?? '').replace(/^((re|fw|fwd|aw|wg|sv|vs|r|tr|rif|ynt|отв)\s*(\[\d+\])?\s*:\s*)+/i, '').trim();
const at = (message: Message): string => message.created_at;
export const isMail = (message: Message): boolean => message.subject !== null || message.has_html || message.quoted_text !== null;
const long = (message: Message): boolean => message.rich || message.body_text.length > 160 || message.body_text.split('\n').length > 3;

/** `read`: the seq up to which the agent had read when the thread was opened. */
export function entries(messages: Message[], read: number, last: number): Entry[] {
  let before: Message | null = null;
  let subject = '';
  let channel: number | null = null;
  let marked = false;
  // After a merge the requests of two threads lie side by side: each begins once.
  const begun = new Set<number | null>();
  return joined(messages.map((message) => {
    const newDay = !before || dayKey(at(before)) !== dayKey(at(message));
    const newEpisode = before !== null && message.episode_id !== null && before.episode_id !== null && !begun.has(message.episode_id);
    begun.add(message.episode_id);
    const fresh = !marked && message.seq > read && message.kind !== 'system';
    marked ||= fresh;
    const grouped = !newDay && !newEpisode && !fresh && before !== null && before.kind === message.kind && message.kind !== 'system'
      && before.author.id === message.author.id && before.channel_id === message.channel_id
      && Date.parse(at(message)) - Date.parse(at(before)) <= GROUP_MS;
    const own = plain(message.subject);
    const shown = own && own !== subject ? own : null;
    if (own) subject = own;
    const moved = message.channel_id !== null && message.kind !== 'system' && channel !== null && message.channel_id !== channel;
    if (message.channel_id !== null && message.kind !== 'system') channel = message.channel_id;
    before = message;
    return {
      id: message.id, day: newDay ? at(message) : null, episode: newEpisode ? message.episode_id : null, fresh, grouped: grouped && !shown, subject: shown,
      turn: moved && message.channel_id !== null ? { id: message.channel_id, kind: message.channel_kind } : null,
      folded: isMail(message) && long(message) && message.seq <= read && message.seq <= last - 2 && last > 4,
      run: isCart(message) ? [message.id] : [], cart: message.system?.data?.['cart_id'],
    };
  }));
}

const isCart = (message: Message): boolean => message.system?.code === CART;

function joined(items: Entry[]): Entry[] {
  const kept: Entry[] = [];
  for (const item of items) {
    const before = kept.at(-1);
    if (before?.run.length && item.run.length && before.cart === item.cart && !item.day && item.episode === null) before.run.push(...item.run);
    else kept.push(item);
  }
  return kept;
}

const URL = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;
/** Text cut at its web addresses; odd pieces are addresses. */
export function links(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const match of text.matchAll(URL)) {
    parts.push(text.slice(from, match.index), match[0]);
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts;
}
