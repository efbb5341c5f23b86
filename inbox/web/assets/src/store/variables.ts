/** Variables in a reply, `{{order.number}}`: filled from the order that the request is about when it is sent. */
import { t } from '../core/i18n';
import { shelfOf } from './commerce';
import { type Box, edit } from './drafts';
import { hasVariables, shops } from './lazy';
import { threads } from './store';

function filling(thread: number, text: string): { text: string; gaps: string[]; unproved: string[] } | null {
  const customer = threads.get(thread)?.peek().customer;
  const { parts } = shops.value;
  return customer && parts ? parts.fill(text, customer.name, shelfOf(customer.id).value.value) : null;
}

/** Why a reply with such variables cannot go, in words that name them; null when it can. */
export function unfilled(thread: number, text: string): string | null {
  if (!hasVariables(text)) return null;
  const found = filling(thread, text);
  if (!found) return t('Loading…');
  const [gap, unproved] = [found.gaps[0], found.unproved[0]];
  if (gap) return t('Nothing to fill in for {name}', { name: `{{${gap}}}` });
  return unproved ? t('{name}: nothing proves that the order is the customer’s', { name: `{{${unproved}}}` }) : null;
}

export const withValues = (thread: number, text: string): string => (hasVariables(text) ? filling(thread, text)?.text ?? text : text);

/** Just before it is sent. */
export function fillIn(box: Box): void {
  const { body } = box.content.peek();
  const text = withValues(box.thread, body);
  if (text !== body) edit(box, { body: text });
}
