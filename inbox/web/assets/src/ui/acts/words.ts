/** What acts are called, and what is said of one. */
import { type Money, price } from '../../core/commerce';
import { t } from '../../core/i18n';
import type { ActView, Kind, Preview } from '../../store/acts';

export const ICON: Record<Kind, string> = { refund: 'undo', cancel: 'x', address: 'pin', reship: 'package', draft: 'cart', cart_link: 'link', coupon: 'tag', note: 'note', return: 'reply' };

export function nameOf(kind: Kind): string {
  switch (kind) {
    case 'refund': return t('Refund');
    case 'cancel': return t('Cancel the order');
    case 'address': return t('Change the address');
    case 'reship': return t('Send again');
    case 'draft': return t('Order to be paid');
    case 'cart_link': return t('Link to a cart');
    case 'coupon': return t('Coupon code');
    case 'note': return t('Note at the order');
    case 'return': return t('Ask for a return');
  }
}

/** The button that does it. */
export function verbOf(kind: Kind, amount: Money | null): string {
  switch (kind) {
    case 'refund': return amount ? t('Refund {amount}', { amount: price(amount) }) : t('Refund');
    case 'cancel': return amount ? t('Cancel and refund {amount}', { amount: price(amount) }) : t('Cancel the order');
    case 'address': return t('Change the address');
    case 'reship': return t('Send again');
    case 'draft': return t('Make the order');
    case 'cart_link': return t('Make the link');
    case 'coupon': return t('Make the code');
    case 'note': return t('Leave the note');
    case 'return': return t('Ask for the return');
  }
}

/** "Refund · 12.00 € · order 1004" */
export function titleOf(act: ActView): string {
  const order = act.order_number ? t('order {number}', { number: act.order_number }) : '';
  return [nameOf(act.kind), act.amount ? price(act.amount) : '', order].filter(Boolean).join(' · ');
}

export function stateOf(act: ActView): string {
  switch (act.state) {
    case 'proposed': return t('waits for a second person');
    case 'approved': return act.error ? t('waits for the shop') : t('under way');
    case 'sending': return t('under way');
    case 'pending': return t('the shop works on it');
    case 'uncertain': return t('nobody knows whether it was done');
    case 'done': return t('done');
    case 'failed': return t('not done');
    case 'refused': return t('refused');
  }
}

/** What is not as it was shown any more. */
export function difference(shown: Preview, now: Preview): string[] {
  const said = (money: Money | null): string => (money ? price(money) : t('nothing'));
  const other = (one: Money | null, two: Money | null): boolean => said(one) !== said(two);
  const found: string[] = [];
  if (other(shown.amount, now.amount)) found.push(t('The amount is {now} now; it was {before}.', { now: said(now.amount), before: said(shown.amount) }));
  if (shown.most && other(shown.most, now.most)) found.push(t('At most {now} can be given back now; it was {before}.', { now: said(now.most), before: said(shown.most) }));
  return found.length ? [...found, ...now.notes.filter((note) => !shown.notes.includes(note))] : [t('The order was changed in the shop.')];
}
