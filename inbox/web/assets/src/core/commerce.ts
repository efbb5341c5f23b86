/** The shapes of the shops' part of /api/v1 (inbox/commerce/shapes.py, inbox/contract/commerce). Amounts are decimal texts,
 *  times ISO 8601; an empty text is what a shop does not tell. */
import { locale } from './page';

export interface Money { amount: string; currency: string }
export interface Fresh { label: 'live' | 'recent' | 'stale' | 'unavailable'; at: string | null; client: boolean; error: string | null; failing_since: string | null }
export interface Consent { channel: string; state: string; at: string | null }
export interface Buyer {
  id: string; name: string; emails: string[]; phones: string[]; guest: boolean; since: string | null; orders_count: number | null; spent: Money | null;
  tags: string[]; note: string; consents: Consent[]; admin_url: string;
}
export interface ShopLink {
  id: number; shop_id: number; buyer_id: string; by: string; value: string; state: 'linked' | 'suggested' | 'rejected'; verified: boolean; buyer: Buyer | null;
}
export interface Product { id: string; title: string; variant: string; sku: string; price: Money | null; image_url: string; url: string; available: number | null; /** Where our server gives the picture. */ picture?: string }
export interface CartItem { id: string; product: Product; quantity: number; unit: Money; total: Money; available: number | null }
export interface Cart {
  id: string; state: string; lines: CartItem[]; total: Money; subtotal: Money | null; discount: Money | null; coupons: string[]; device: string;
  recovery_url: string; last_activity_at: string | null;
}
export interface CartView { id: number; seq: number; cart: Cart; changed: string[]; fresh: Fresh }
export interface OrderLine { id: string; product: Product; quantity: number; total: Money; fulfilled: number; refundable: number; returned: number }
export interface Tracking { number: string; url: string; carrier: string }
export interface Fulfilment {
  id: string; way: string; progress: string; raw_state: string; lines: Record<string, number>; tracking: Tracking[]; store: string; store_id: string;
  eta: string | null; ready_at: string | null; until: string | null; shipped_at: string | null; done_at: string | null;
}
export interface Refund { id: string; amount: Money; raw_state: string; reason: string; at: string | null }
export interface Return { id: string; state: string; raw_state: string; lines: Record<string, number>; reason: string; drop_off: string; label_url: string }
export interface Address { name: string; lines: string[]; city: string; region: string; postcode: string; country: string; phone: string }
export interface Order {
  id: string; number: string; state: string; payment: string; raw_state: string; placed_at: string | null; lines: OrderLine[]; total: Money;
  shipping: Money | null; tax: Money | null; discount: Money | null; refunded: Money | null; coupons: string[]; fulfilments: Fulfilment[];
  refunds: Refund[]; returns: Return[]; ship_to: Address | null; sales_channel: string; store: string; buyer_id: string; status_url: string; admin_url: string;
  tags: string[]; note: string; allowed: string[]; refused: Record<string, string>; version: string;
}
export interface OrderView { order: Order; about: boolean; fresh: Fresh }
export interface StockLevel { location_id: string; location: string; available: number; on_hand: number | null; incoming: number | null; pickup: boolean }
export interface Loyalty { points: number | null; worth: Money | null; tier: string; expiring: number | null; expires_at: string | null; credit: Money | null }
export interface Value {
  orders_count: number | null; spent: Money[]; average: Money[]; since: string | null; last_order_at: string | null; segments: string[]; stage: string;
}
export type Empty = '' | 'no_shop' | 'no_address' | 'no_match' | 'no_orders';
export interface ShopView {
  id: number; name: string; kind: string; can: string[]; empty: Empty; searched: string[]; choose: boolean; warning: string | null; links: ShopLink[];
  carts: CartView[]; orders: OrderView[]; orders_next: string | null; note: string; loyalty: Loyalty | null; fresh: Fresh;
}
export interface Viewed { url: string; title: string; at: string }
export interface Commerce { customer_id: number; empty: Empty; fetching: boolean; value: Value; shops: ShopView[]; viewed: Viewed[] }

/** An exact amount in the agent's language; the decimal text goes to the formatter as it is, never through a float. */
export function price(money: Money): string {
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency: money.currency }).format(money.amount as Intl.StringNumericLiteral);
  } catch {
    return `${money.amount} ${money.currency}`; // no currency that this browser knows
  }
}

/** The difference of two exact amounts of one currency. */
export function less(from: Money, taken: Money): Money {
  const places = (text: string): number => (text.split('.')[1] ?? '').length;
  const digits = Math.max(places(from.amount), places(taken.amount));
  const whole = (text: string): bigint => {
    const [front = '0', back = ''] = text.replace('-', '').split('.');
    const units = BigInt(front + back.padEnd(digits, '0'));
    return text.startsWith('-') ? -units : units;
  };
  const units = whole(from.amount) - whole(taken.amount);
  const text = String(units < 0n ? -units : units).padStart(digits + 1, '0');
  const amount = digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text;
  return { amount: units < 0n ? `-${amount}` : amount, currency: from.currency };
}

export const isZero = (money: Money): boolean => !/[1-9]/.test(money.amount);
/** Addresses of shops are shown as links only when they are web addresses. */
export const webAddress = (url: string): string => (/^https?:\/\/[^\s<>"]+$/i.test(url) ? url : '');
