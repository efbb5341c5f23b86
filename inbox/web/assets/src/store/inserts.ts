/** Pure: what of an order, a cart or a product is said in a reply, in the Markdown subset, so that each channel shows it in
 *  its own way; and the variables that stand for the order which the request is about. */
import { t, tn } from '../core/i18n';
import { me } from '../core/page';
import { clock, day, stamp } from '../core/time';
import { type CartItem, type Commerce, type Fulfilment, type Money, type Order, type Product, type StockLevel, isZero, less, price, webAddress } from '../core/commerce';

/** No character of a shop's text is taken for a mark, and no line break gets in. */
const literal = (text: string): string => text.replace(/\s+/g, ' ').trim().replace(/[\\`*_[\]()>#+!~]/g, '\\$&').replace(/^-(?= )/, '\\-').replace(/^(\d+)\.(?= )/, '$1\\.');
const anchor = (words: string, url: string): string => {
  const address = webAddress(url).replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'));
  return address ? `[${literal(words)}](${address})` : literal(words);
};
const pieces = (lines: { quantity: number; product: Product; total: Money }[]): string[] =>
  lines.map((line) => `- ${line.quantity} × ${literal([line.product.title, line.product.variant].filter(Boolean).join(', '))}: ${price(line.total)}`);

export function productText(product: Product): string {
  const name = [product.title, product.variant].filter(Boolean).join(', ');
  return [`**${literal(name)}**`, product.price ? price(product.price) : '', webAddress(product.url) ? anchor(t('Show in the shop'), product.url) : ''].filter(Boolean).join('\n');
}

export function stockText(product: Product, level: StockLevel, at: string | null): string {
  const name = literal([product.title, product.variant].filter(Boolean).join(', '));
  const where = literal(level.location);
  const words = level.available > 0 ? tn(level.available, '{name}: {n} available in {where}', '{name}: {n} available in {where}', { name, where }) : t('{name}: not available in {where}', { name, where });
  return at ? `${words} (${t('as of {time}', { time: clock(at) })})` : words;
}

export function cartText(lines: CartItem[], total: Money): string {
  return [`**${t('In your cart')}**`, ...pieces(lines), '', t('Total: {amount}', { amount: price(total) })].join('\n');
}

/** A link that fills a cart; what is behind it was said when it was made. */
export const cartLinkText = (url: string): string => [`**${t('Your cart is ready')}**`, anchor(t('Open the cart'), url)].join('\n');

/** A code for one order. `ends`: until when it works, or null. */
export const couponText = (code: string, ends: string | null): string =>
  [`**${t('Your code: {code}', { code: literal(code) })}**`, t('It works once.'), ends ? t('Valid until {date}.', { date: day(ends) }) : ''].filter(Boolean).join('\n');

export function orderText(order: Order): string {
  const head = order.placed_at ? t('Your order {number} of {date}', { number: literal(order.number), date: day(order.placed_at) }) : t('Your order {number}', { number: literal(order.number) });
  const back = order.refunded && !isZero(order.refunded) ? [t('Refunded: {amount}', { amount: price(order.refunded) }), ...(order.refunded.currency === order.total.currency ? [t('Remains: {amount}', { amount: price(less(order.total, order.refunded)) })] : [])] : [];
  const more = webAddress(order.status_url) ? [anchor(t('See your order'), order.status_url)] : [];
  return [`**${head}**`, ...pieces(order.lines), '', t('Total: {amount}', { amount: price(order.total) }), ...back, ...more].join('\n');
}

const parcels = (order: Order): { words: string; url: string }[] => order.fulfilments.flatMap((part) => part.tracking).map((parcel) => ({ words: [parcel.carrier, parcel.number].filter(Boolean).join(' ') || t('Track the parcel'), url: webAddress(parcel.url) }));

export function trackingText(order: Order): string {
  const all = parcels(order);
  return all.length ? [`**${t('Where your order {number} is', { number: literal(order.number) })}**`, ...all.map(({ words, url }) => anchor(words, url))].join('\n') : '';
}

/** Where it waits for the customer. What was picked up is none any more. */
export const pickupOf = (order: Order): Fulfilment | undefined =>
  order.fulfilments.find((part) => part.way.startsWith('pickup') && part.store && !['picked_up', 'cancelled', 'failed'].includes(part.progress));

export function pickupText(order: Order): string {
  const part = pickupOf(order);
  if (!part) return '';
  const number = literal(order.number);
  const head = part.progress === 'ready_for_pickup' ? t('Your order {number} is ready for you', { number }) : t('Your order {number} is being prepared for pick-up', { number });
  return [`**${head}**`, literal(part.store), part.until ? t('It is kept until {time}.', { time: stamp(part.until, Date.now()) }) : ''].filter(Boolean).join('\n');
}

/** A text that begins with a heading is a card: where the channel shows marks it stands in a box of its own, a quotation in
 *  the Markdown subset; elsewhere it is the plain lines. */
export const carded = (text: string, rich: boolean): string => (rich && text.startsWith('**') ? text.split('\n').map((line) => `> ${line}`.trimEnd()).join('\n') : text);

/** The order that the open request is about; null for none or several, which is not ours to guess. */
export function aboutOrder(view: Commerce | null): { order: Order; unproved: boolean } | null {
  const found = (view?.shops ?? []).flatMap((shop) => shop.orders.filter((each) => each.about).map((each) => ({ order: each.order, unproved: shop.warning !== null })));
  return found.length === 1 ? found[0] ?? null : null;
}

/** What each variable stands for; the server knows the same names (inbox/commerce/inserts.py). */
const ORDER: Record<string, (order: Order) => string> = {
  'order.number': (order) => literal(order.number),
  'order.total': (order) => price(order.total),
  'order.date': (order) => (order.placed_at ? day(order.placed_at) : ''),
  'order.tracking_url': (order) => parcels(order).map(({ url }) => url).filter(Boolean).join(' '),
  'order.pickup.store': (order) => literal(pickupOf(order)?.store ?? ''),
  'order.pickup.until': (order) => { const until = pickupOf(order)?.until; return until ? stamp(until, Date.now()) : ''; },
};
export const VARIABLES = [...Object.keys(ORDER), 'customer.name', 'agent.name'];
const VARIABLE = /\{\{\s*((?:order|customer|agent|cart|shop)(?:\.[a-z_]+)+)\s*\}\}/g;

/** A text with its variables filled; `gaps` are those that nothing fills, `unproved` those whose order may be somebody
 *  else's: with either nothing is sent. */
export function fill(text: string, customer: string, view: Commerce | null): { text: string; gaps: string[]; unproved: string[] } {
  const gaps = new Set<string>();
  const unproved = new Set<string>();
  const found = aboutOrder(view);
  const filled = text.replace(VARIABLE, (whole, name: string) => {
    const of = ORDER[name];
    if (of && found?.unproved) {
      unproved.add(name);
      return whole;
    }
    const value = of ? (found ? of(found.order) : '') : name === 'customer.name' ? literal(customer) : name === 'agent.name' ? literal(me.name) : '';
    if (!value) gaps.add(name);
    return value || whole;
  });
  return { text: filled, gaps: [...gaps], unproved: [...unproved] };
}
