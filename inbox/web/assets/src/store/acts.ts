/** Having something done in a shop: which dialog is open, what is asked of the server, and the acts that are not over. */
import { type Signal, signal } from '@preact/signals';
import { Problem, call } from '../core/api';
import type { Money, Order, Product, ShopView } from '../core/commerce';
import { t } from '../core/i18n';
import { shelfOf } from './commerce';
import { toast } from './toasts';

export type Kind = 'refund' | 'cancel' | 'address' | 'reship' | 'draft' | 'cart_link' | 'coupon' | 'note' | 'return';
/** What the contract calls an act; ids and amounts are texts. */
export type Act = { kind: Kind } & Record<string, unknown>;
export interface Preview { amount: Money | null; most: Money | null; version: string; notes: string[]; alone: boolean; limit: Money | null }
export interface ActView {
  id: number; key: string; shop_id: number; shop: string; customer_id: number; customer: string; thread_id: number | null; kind: Kind; order_id: string; order_number: string;
  act: Act; reason: string; amount: Money | null; notes: string[]; state: 'proposed' | 'approved' | 'sending' | 'pending' | 'done' | 'failed' | 'refused' | 'uncertain';
  agent_id: number; agent: string; decided_by: string | null; decide: boolean; why_not: string; result: Record<string, unknown>; error: string | null; created_at: string; done_at: string | null;
}

/** The open dialog. */
export interface Opened { shop: ShopView; customer: number; thread: number; kind: Kind; order: Order | null }
export const opened = signal<Opened | null>(null);

/** Which right of the shop's connection, and of the order, each kind needs. */
export const NEEDS: Record<Kind, string> = {
  refund: 'order.refund', cancel: 'order.cancel', address: 'order.edit_address', reship: 'order.reship', draft: 'order.draft', cart_link: 'cart.link', coupon: 'coupon.create', note: 'order.note', return: 'order.return',
};
/** Acts that cost the shop something: they need a reason. */
export const COSTS: readonly Kind[] = ['refund', 'cancel', 'reship', 'coupon'];

/** Why something cannot be done, or ''. */
export function whyNot(shop: ShopView, order: Order | null, need: string): string {
  if (!shop.can.includes(need)) return t('This shop’s connection cannot do this.');
  if (order === null || order.allowed.includes(need)) return '';
  return order.refused[need] ?? t('Not possible in the order’s present state.');
}

/** A key that names one act: whoever confirms twice confirms the same. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export const previewAct = (at: Opened, act: Act, abort: AbortSignal): Promise<Preview> =>
  call('POST', `/shops/${at.shop.id}/acts/preview`, { body: { customer_id: at.customer, thread_id: at.thread, act }, signal: abort });
export const confirmAct = (at: Opened, key: string, act: Act, reason: string, shown: Preview): Promise<ActView> =>
  call('POST', `/shops/${at.shop.id}/acts`, { body: { key, customer_id: at.customer, thread_id: at.thread, act, reason, version: shown.version, amount: shown.amount, most: shown.most } });
export const findProducts = async (shop: number, words: string, abort: AbortSignal): Promise<Product[]> =>
  (await call<{ items: Product[] }>('GET', `/shops/${shop}/products?q=${encodeURIComponent(words)}`, { signal: abort })).items;

const OVER = ['done', 'failed', 'refused'];
/** The acts of a customer that are not over, by the customer. */
const lists = new Map<number, Signal<ActView[]>>();
export function openActs(customer: number): Signal<ActView[]> {
  let list = lists.get(customer);
  if (!list) {
    if (lists.size > 30) lists.clear();
    lists.set(customer, list = signal<ActView[]>([]));
  }
  return list;
}

export async function loadActs(customer: number): Promise<void> {
  try {
    const { items } = await call<{ items: ActView[] }>('GET', `/acts?customer_id=${customer}`);
    openActs(customer).value = items.filter((act) => !OVER.includes(act.state));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem; // the list stays as it was; the next event asks again
  }
}

/** What an act has become stands in the list at once; the feed tells the others. */
export function put(act: ActView): void {
  const list = openActs(act.customer_id);
  const others = list.peek().filter((each) => each.id !== act.id);
  list.value = OVER.includes(act.state) ? others : [act, ...others].sort((a, b) => b.id - a.id);
}

/** A decision about an act that is not over; null: refused, and said so. */
export async function decide(act: ActView, what: 'approve' | 'refuse' | 'check' | 'settle', body?: unknown): Promise<ActView | null> {
  try {
    const after = await call<ActView>('POST', `/acts/${act.id}/${what}`, body === undefined ? {} : { body });
    put(after);
    return after;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    toast(problem.status ? problem.message : t('There is no connection to the server.'), { error: true });
    void loadActs(act.customer_id);
    return null;
  }
}

/** Open a dialog from anywhere in the inbox; false where the shop is not in the panel. */
export function openAct(shopId: number, customer: number, thread: number, kind: Kind, order: Order | null): boolean {
  const shop = shelfOf(customer).peek().value?.shops.find((each) => each.id === shopId);
  if (!shop) return false;
  opened.value = { shop, customer, thread, kind, order };
  return true;
}
