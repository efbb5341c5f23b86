/** Pure decisions about lists: what belongs to a view, and where. They repeat the server's rules so that a delta can
 *  be shown at once; every load of a page takes the server's word. */
import { money } from '../core/numbers';
import type { Thread } from '../core/types';

const QUEUES = new Set(['unassigned', 'waiting']);

export function belongs(thread: Thread, view: string, me: number): boolean {
  const open = thread.status === 'open';
  switch (view) {
    case 'mine': return open && thread.assignee_id === me;
    case 'unassigned': return open && thread.assignee_id === null;
    case 'waiting': return open && thread.waiting_since !== null;
    case 'open': return open;
    case 'closed': return thread.status === 'resolved';
    case 'drafts': return thread.draft === true;
    case 'failed': return thread.trouble !== null;
    default: return false;
  }
}

/** Smaller comes first. Queues: next due first; others: newest activity first. */
export function rank(thread: Thread, view: string): number {
  if (QUEUES.has(view)) {
    const due = thread.due_at ?? thread.waiting_since;
    return due ? Date.parse(due) : Number.MAX_SAFE_INTEGER;
  }
  return thread.last_message_at ? -Date.parse(thread.last_message_at) : 0;
}

/** The new order after one thread changed. `more`: the server has further rows behind the last one we hold, so a
 *  thread that would come after it is left to the next page. */
export function place(ids: number[], thread: Thread, view: string, me: number, ranks: Map<number, number>, more: boolean): number[] {
  const at = ids.indexOf(thread.id);
  const next = rank(thread, view);
  if (!belongs(thread, view, me)) {
    ranks.delete(thread.id);
    return at < 0 ? ids : ids.filter((id) => id !== thread.id);
  }
  if (at >= 0 && ranks.get(thread.id) === next) return ids;
  const rest = at < 0 ? ids : ids.filter((id) => id !== thread.id);
  let index = rest.findIndex((id) => (ranks.get(id) ?? 0) > next);
  if (index < 0) index = rest.length;
  if (index === rest.length && more && at < 0) return ids;
  ranks.set(thread.id, next);
  return [...rest.slice(0, index), thread.id, ...rest.slice(index)];
}

export type Urgency = 'calm' | 'due' | 'over';

/** When the customer should have an answer, ms; null without a target: then `due_at`, by which queues are sorted, is
 *  the start of the wait. */
export function target(thread: Thread): number | null {
  if (!thread.due_at || !thread.waiting_since) return null;
  const due = Date.parse(thread.due_at);
  return due > Date.parse(thread.waiting_since) ? due : null;
}

const HOUR = 3_600_000;

export interface CartLine { title: string; quantity: number; price: string }

/** The shop's cart in our words. Its page may send what it likes: what does not look like a cart is left out. */
export function cartLines(cart: Record<string, unknown> | null): { lines: CartLine[]; count: number; total: string } | null {
  const items = Array.isArray(cart?.['items']) ? cart['items'] as unknown[] : [];
  const currency = typeof cart?.['currency'] === 'string' ? cart['currency'] : '';
  const lines = items.flatMap((item): CartLine[] => {
    if (typeof item !== 'object' || item === null) return [];
    const { title, name, quantity, price } = item as Record<string, unknown>;
    const words = typeof title === 'string' ? title : typeof name === 'string' ? name : '';
    return words ? [{ title: words, quantity: Number(quantity) > 0 ? Number(quantity) : 1, price: money(price, currency) }] : [];
  });
  const count = lines.reduce((sum, line) => sum + line.quantity, 0);
  return lines.length ? { lines, count, total: money(cart?.['total'], currency) } : null;
}

/** How a wait is shown: by its target when it has one, else by its length (amber after an hour, red after four). */
export function urgency(thread: Thread, at: number): Urgency {
  if (!thread.waiting_since) return 'calm';
  const since = Date.parse(thread.waiting_since);
  const due = target(thread);
  if (due !== null) return at > due ? 'over' : at - since > (due - since) / 2 ? 'due' : 'calm';
  return at - since > 4 * HOUR ? 'over' : at - since > HOUR ? 'due' : 'calm';
}
