/** What the shops know about the open thread's customer. It is fetched after the thread and apart from it; what is shown
 *  stays while newer is on its way, and says how old it is. */
import { type Signal, effect, signal } from '@preact/signals';
import { Problem, call } from '../core/api';
import { t } from '../core/i18n';
import { serverNow } from '../core/time';
import type { CartView, Commerce, Fresh, OrderView, StockLevel } from '../core/commerce';
import { fetchShops } from './lazy';
import { route } from './router';
import { threads } from './store';
import { toast } from './toasts';

export interface Shelf { value: Commerce | null; state: 'loading' | 'idle' | 'error'; error: string }

const KEPT = 30;
const AFTER_THREAD = 150;
const BURST = 120;
/** The next looks while the server is still asking a shop, ms. */
const FETCHING = [900, 1500, 3000, 6000];
const WATCH = 20_000;
const LIT = 4000;

const shelves = new Map<number, Signal<Shelf>>();
/** Lines of carts that changed just now, "cart:line". */
export const lit = signal<ReadonlySet<string>>(new Set());
/** When the shown panel was heard, ms: its words for how new it is are as old. */
export const heard = signal(0);
/** Of several answers on their way the one that was asked for last counts. */
let turn = 0;
let darkening: ReturnType<typeof setTimeout> | undefined;
let again: ReturnType<typeof setTimeout> | undefined;

export function shelfOf(customer: number): Signal<Shelf> {
  let shelf = shelves.get(customer);
  if (!shelf) {
    shelves.set(customer, shelf = signal<Shelf>({ value: null, state: 'loading', error: '' }));
    for (const old of shelves.keys()) {
      if (shelves.size <= KEPT) break;
      shelves.delete(old);
    }
  }
  return shelf;
}

const openCustomer = (): number | null => {
  const { id } = route.peek();
  return id === null ? null : threads.get(id)?.peek().customer.id ?? null;
};

interface Options { fresh?: boolean; watch?: boolean; look?: number }

export async function loadCommerce(customer: number, { fresh = false, watch = false, look = 0 }: Options = {}): Promise<void> {
  const shelf = shelfOf(customer);
  const mine = turn += 1;
  clearTimeout(again);
  shelf.value = { ...shelf.peek(), state: 'loading' };
  try {
    const value = await call<Commerce>('GET', `/customers/${customer}/commerce${fresh ? '?fresh=1' : watch ? '?watch=1' : ''}`);
    if (mine !== turn && customer === openCustomer()) return;
    put(customer, value);
    const wait = FETCHING[look];
    if (value.fetching && wait !== undefined && customer === openCustomer()) again = setTimeout(() => { if (customer === openCustomer()) void loadCommerce(customer, { look: look + 1 }); }, wait);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (mine === turn || customer !== openCustomer()) shelf.value = { ...shelf.peek(), state: 'error', error: problem.status ? problem.message : t('There is no connection to the server.') };
  }
}

function put(customer: number, value: Commerce): void {
  const shelf = shelfOf(customer);
  const before = shelf.peek().value;
  shelf.value = { value, state: 'idle', error: '' };
  heard.value = serverNow();
  if (before) light(carts(before), carts(value));
}

const carts = (view: Commerce): CartView[] => view.shops.flatMap((shop) => shop.carts);

function light(before: CartView[], after: CartView[]): void {
  const seqs = new Map(before.map((cart) => [cart.id, cart.seq]));
  const fresh = after.filter((cart) => cart.seq > (seqs.get(cart.id) ?? 0)).flatMap((cart) => cart.changed.map((line) => `${cart.id}:${line}`));
  if (!fresh.length) return;
  lit.value = new Set(fresh);
  clearTimeout(darkening);
  darkening = setTimeout(() => { lit.value = new Set(); }, LIT);
}

/** The feed says that something of a customer's changed in a shop: only the open thread's panel asks again. */
let burst: ReturnType<typeof setTimeout> | undefined;
export function commerceChanged(customer: number): void {
  if (customer !== openCustomer()) {
    shelves.delete(customer);
    return;
  }
  burst ??= setTimeout(() => {
    burst = undefined;
    const open = openCustomer();
    if (open !== null) void loadCommerce(open);
  }, BURST);
}

/** The customer was erased: nothing of his stays on a screen, nor comes back with an answer that is on its way. */
export function forgetCommerce(customer: number): void {
  turn += 1;
  shelfOf(customer).value = { value: null, state: 'loading', error: '' };
  if (customer === openCustomer()) void loadCommerce(customer);
  else shelves.delete(customer);
}

/** The feed lost the thread: whatever is held may have been passed by. */
export function distrustCommerce(): void {
  const open = openCustomer();
  for (const customer of shelves.keys()) if (customer !== open) shelves.delete(customer);
  if (open !== null) void loadCommerce(open);
}

/** A change that answers with the whole panel; false: refused, and said so. */
async function change(customer: number, method: string, path: string, body?: unknown): Promise<boolean> {
  try {
    const value = await call<Commerce | undefined>(method, path, body === undefined ? {} : { body });
    turn += 1;
    if (value?.shops) put(customer, value);
    else await loadCommerce(customer);
    return true;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    toast(problem.status ? problem.message : t('No connection: nothing was changed'), { error: true });
    return false;
  }
}

export const link = (customer: number, shop: number, buyer: string): Promise<boolean> => change(customer, 'POST', `/customers/${customer}/commerce/links`, { shop_id: shop, buyer_id: buyer });
export const unlink = (customer: number, id: number, forGood: boolean): Promise<boolean> => change(customer, 'DELETE', `/customers/${customer}/commerce/links/${id}${forGood ? '?for_good=1' : ''}`);
/** Say, or take back, that the open request is about an order. */
export const about = (customer: number, thread: number, shop: number, order: string, on: boolean): Promise<boolean> =>
  on ? change(customer, 'POST', `/threads/${thread}/orders`, { shop_id: shop, order_id: order }) : change(customer, 'DELETE', `/threads/${thread}/orders/${shop}/${encodeURIComponent(order)}`);

export const findOrders = async (shop: number, number: string): Promise<OrderView[]> => (await call<{ items: OrderView[] }>('GET', `/shops/${shop}/orders?number=${encodeURIComponent(number)}`)).items;
export const moreOrders = (customer: number, shop: number, buyer: string, cursor: string): Promise<{ items: OrderView[]; next: string | null }> =>
  call('GET', `/customers/${customer}/commerce/orders?shop_id=${shop}&buyer_id=${encodeURIComponent(buyer)}&cursor=${encodeURIComponent(cursor)}`);
export const stockOf = (shop: number, product: string): Promise<{ items: StockLevel[]; fresh: Fresh }> => call('GET', `/shops/${shop}/stock?product_id=${encodeURIComponent(product)}`);

const seen = (): boolean => document.visibilityState === 'visible' && document.querySelector('[data-testid=commerce]')?.checkVisibility({ visibilityProperty: true }) === true;

/** Whoever is opened is looked for after the thread itself has had its turn; while the panel is in sight it is kept new. */
export function start(): void {
  let last: number | null = null;
  effect(() => {
    const { id } = route.value;
    const customer = id === null ? null : threads.get(id)?.value.customer.id ?? null;
    if (customer === last) return;
    last = customer;
    clearTimeout(again);
    lit.value = new Set();
    if (customer === null) return;
    setTimeout(() => {
      if (openCustomer() !== customer) return;
      void fetchShops();
      void loadCommerce(customer);
    }, AFTER_THREAD);
  });
  setInterval(() => {
    const customer = openCustomer();
    if (customer !== null && seen() && shelfOf(customer).peek().value?.shops.length) void loadCommerce(customer, { watch: true });
  }, WATCH);
}
