/** What shops' states are called, and how they look. A state that a shop made up is shown in its own word. */
import { t } from '../../core/i18n';
import type { Fulfilment, Order, Return, ShopLink } from '../../core/commerce';

export type Tone = '' | 'ok' | 'warn' | 'bad' | 'info';
export interface Badge { text: string; tone: Tone; title?: string }

const ORDER: Record<string, [() => string, Tone]> = {
  draft: [() => t('draft'), ''], pending: [() => t('pending'), 'warn'], confirmed: [() => t('confirmed'), 'info'], on_hold: [() => t('on hold'), 'warn'],
  completed: [() => t('completed'), 'ok'], cancelled: [() => t('cancelled'), 'bad'],
};
const PAYMENT: Record<string, [() => string, Tone]> = {
  pending: [() => t('not paid yet'), 'warn'], authorized: [() => t('authorised'), 'info'], paid: [() => t('paid'), 'ok'], partly_paid: [() => t('partly paid'), 'warn'],
  partly_refunded: [() => t('partly refunded'), 'info'], refunded: [() => t('refunded'), 'info'], voided: [() => t('voided'), ''], failed: [() => t('payment failed'), 'bad'],
};
const PROGRESS: Record<string, [() => string, Tone]> = {
  unfulfilled: [() => t('not sent yet'), ''], preparing: [() => t('being prepared'), 'info'], ready_for_pickup: [() => t('ready for pick-up'), 'ok'], shipped: [() => t('shipped'), 'info'],
  out_for_delivery: [() => t('out for delivery'), 'info'], delivered: [() => t('delivered'), 'ok'], picked_up: [() => t('picked up'), 'ok'], delayed: [() => t('delayed'), 'warn'],
  failed: [() => t('delivery failed'), 'bad'], cancelled: [() => t('cancelled'), ''],
};
const RETURN: Record<string, [() => string, Tone]> = {
  requested: [() => t('requested'), 'warn'], open: [() => t('under way'), 'info'], received: [() => t('received'), 'ok'], closed: [() => t('closed'), ''],
  declined: [() => t('declined'), 'bad'], cancelled: [() => t('cancelled'), ''],
};

function badge(table: Record<string, [() => string, Tone]>, word: string, raw: string): Badge {
  const found = table[word];
  if (!found) return { text: raw || word, tone: '' };
  return { text: found[0](), tone: found[1], ...(raw && raw !== word ? { title: raw } : {}) };
}

export function orderBadges(order: Order): Badge[] {
  const payment = PAYMENT[order.payment] ? [badge(PAYMENT, order.payment, '')] : [];
  const sent = new Map<string, Badge>();
  for (const part of order.fulfilments) {
    const one = progressBadge(part);
    sent.set(one.text, one);
  }
  const quiet = ['cancelled', 'draft'].includes(order.state);
  if (!sent.size && !quiet && order.lines.some((line) => line.fulfilled < line.quantity)) sent.set('', badge(PROGRESS, 'unfulfilled', ''));
  return [badge(ORDER, order.state, order.raw_state), ...payment, ...sent.values()];
}
export const progressBadge = (part: Fulfilment): Badge => badge(PROGRESS, part.progress, part.raw_state);
export const returnBadge = (part: Return): Badge => badge(RETURN, part.state, part.raw_state);

export function wayWord(way: string): string {
  switch (way) {
    case 'ship': return t('Parcel');
    case 'pickup_store': return t('Pick-up in store');
    case 'pickup_point': return t('Pick-up point');
    case 'local_delivery': return t('Local delivery');
    case 'digital': return t('Digital');
    case 'in_store': return t('Bought in store');
    default: return way;
  }
}

export function cartWord(state: string): string {
  switch (state) {
    case 'active': return '';
    case 'checkout': return t('in checkout');
    case 'abandoned': return t('abandoned');
    case 'converted': return t('ordered');
    case 'expired': return t('expired');
    default: return state;
  }
}

/** A customer's stage: its name, and what it means. */
export function stageWord(stage: string): [name: string, meaning: string] {
  switch (stage) {
    case 'visitor': return [t('Visitor'), t('Has not ordered, and left no address.')];
    case 'lead': return [t('Lead'), t('Has not ordered yet, and can be reached.')];
    case 'first_time': return [t('First-time buyer'), t('Has ordered once.')];
    case 'repeat': return [t('Repeat buyer'), t('Has ordered two to four times.')];
    case 'loyal': return [t('Loyal'), t('Has ordered five times or more.')];
    case 'at_risk': return [t('At risk'), t('No order for twice the usual time between two of them.')];
    case 'lapsed': return [t('Lapsed'), t('No order for a year or more.')];
    default: return [stage, ''];
  }
}

/** Why a buyer was taken for the customer. */
export function matchWord(link: ShopLink): string {
  switch (link.by) {
    case 'pinned': return t('linked by a colleague');
    case 'widget': return t('signed in to the shop');
    case 'order_number': return t('matched by order number {value}', { value: link.value });
    case 'email': return t('matched by e-mail');
    case 'phone': return t('matched by phone number');
    case 'address_phone': return t('same phone number in an address');
    default: return link.by;
  }
}

export function consentWord(channel: string, state: string): Badge {
  const where = { email: t('e-mail'), sms: t('text messages'), phone: t('phone') }[channel] ?? channel;
  switch (state) {
    case 'subscribed': return { text: t('{channel}: agreed to offers', { channel: where }), tone: 'ok' };
    case 'unsubscribed': return { text: t('{channel}: wants no offers', { channel: where }), tone: '' };
    case 'pending': return { text: t('{channel}: offers not confirmed yet', { channel: where }), tone: 'warn' };
    default: return { text: `${where}: ${state}`, tone: '' };
  }
}
