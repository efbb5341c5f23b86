/** Lists of threads, one per view or search, kept while the page lives so that Back is immediate. Rows change in place
 *  at once; their order and number wait while the pointer or the keyboard is in the list. */
import { type Signal, computed, signal } from '@preact/signals';
import { Problem, call } from '../core/api';
import { me, snapshot } from '../core/page';
import type { Thread, ThreadPage } from '../core/types';
import { route } from './router';
import { belongs, place, rank } from './rules';
import { putThread } from './store';

export interface List {
  view: string; q: string;
  shown: Signal<number[]>;
  state: Signal<'idle' | 'loading' | 'more' | 'error'>;
  pending: Signal<number>;
  next: Signal<string | null>;
  wanted: number[];
  ranks: Map<number, number>;
  moved: Set<number>;
  loaded: boolean;
  scroll: number;
  /** Row that j/k and the arrows stand on. */
  cursor: Signal<number | null>;
}

const lists = new Map<string, List>();
export const frozen = signal(false);

function listOf(view: string, q: string): List {
  const key = `${view}?${q}`;
  let list = lists.get(key);
  if (!list) {
    list = { view, q, shown: signal([]), state: signal('idle'), pending: signal(0), next: signal(null), wanted: [], ranks: new Map(),
      moved: new Set(), loaded: false, scroll: 0, cursor: signal(null) };
    lists.set(key, list);
  }
  return list;
}

export const current = computed(() => listOf(route.value.view, route.value.q));

function settle(list: List): void {
  list.moved.clear();
  list.pending.value = 0;
  if (list.shown.peek().join() !== list.wanted.join()) list.shown.value = list.wanted;
}

/** Show the collected changes of the current list. */
export const applyChanges = (): void => settle(current.peek());

export function freeze(on: boolean): void {
  if (frozen.peek() === on) return;
  frozen.value = on;
  if (!on) applyChanges();
}

function take(list: List, page: ThreadPage, from: number[]): void {
  page.items.forEach(putThread);
  const fresh = page.items.map((thread) => thread.id).filter((id) => !from.includes(id));
  list.wanted = [...from, ...fresh];
  for (const thread of page.items) list.ranks.set(thread.id, rank(thread, list.view));
  list.next.value = page.next;
  list.loaded = true;
  list.state.value = 'idle';
}

/** Fetch the first page again; old rows stay until it is there, and on errors. */
export async function reload(list: List = current.peek()): Promise<void> {
  if (list.state.peek() === 'loading') return;
  list.state.value = 'loading';
  try {
    const page = await call<ThreadPage>('GET', `/threads?${query(list)}`);
    const before = list.wanted;
    take(list, page, []);
    if (list === current.peek() && frozen.peek() && before.length) {
      list.wanted.forEach((id, index) => { if (before[index] !== id) list.moved.add(id); });
      list.pending.value = list.moved.size;
    } else settle(list);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    list.state.value = 'error';
  }
}

export async function more(list: List = current.peek()): Promise<void> {
  const cursor = list.next.peek();
  if (!cursor || list.state.peek() !== 'idle') return;
  list.state.value = 'more';
  try {
    take(list, await call<ThreadPage>('GET', `/threads?${query(list)}&cursor=${encodeURIComponent(cursor)}`), list.wanted);
    // Rows at the end move nothing that is under the pointer.
    const shown = list.shown.peek();
    list.shown.value = [...shown, ...list.wanted.filter((id) => !shown.includes(id) && !list.moved.has(id))];
    if (!list.moved.size) settle(list);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    list.state.value = 'error';
  }
}

function query(list: List): string {
  const params = new URLSearchParams(list.q ? { q: list.q } : { view: list.view });
  params.set('limit', '50');
  return params.toString();
}

/** Let all lists that are held know that threads changed. */
export function touched(changed: Thread[]): void {
  for (const list of lists.values()) {
    if (!list.loaded || list.q) continue;
    let ids = list.wanted;
    for (const thread of changed) {
      const next = place(ids, thread, list.view, me.id, list.ranks, list.next.peek() !== null);
      if (next !== ids) list.moved.add(thread.id);
      ids = next;
    }
    if (ids === list.wanted) continue;
    list.wanted = ids;
    if (list === current.peek() && frozen.peek()) {
      const same = list.shown.peek().join() === ids.join();
      list.pending.value = same ? 0 : list.moved.size;
    } else settle(list);
  }
}

/** Forget everything but the rows on screen: after a reset of the feed. */
export function refetchAll(): void {
  for (const list of lists.values()) if (list !== current.peek()) list.loaded = false;
  void reload();
}

export function gone(ids: number[]): void {
  for (const list of lists.values()) {
    if (!list.wanted.some((id) => ids.includes(id))) continue;
    list.wanted = list.wanted.filter((id) => !ids.includes(id));
    settle(list);
  }
}

/** Two threads became one: one row is left. In what a search found, the survivor stands where the other was. */
export function replaced(id: number, survivor: number): void {
  for (const list of lists.values()) {
    if (list.cursor.peek() === id) list.cursor.value = survivor;
    if (!list.wanted.includes(id)) continue;
    const held = list.wanted.includes(survivor) || !list.q;
    list.wanted = list.wanted.flatMap((other) => (other !== id ? [other] : held ? [] : [survivor]));
    list.ranks.delete(id);
    settle(list);
  }
}

/** A row that no longer belongs here but is kept until the list may move. */
export function lingering(thread: Thread, list: List): boolean {
  return !list.q && !belongs(thread, list.view, me.id);
}

/** The neighbour of a row, for j/k. */
export function neighbour(step: 1 | -1): number | null {
  const list = current.peek();
  const ids = list.shown.peek();
  const from = list.cursor.peek() ?? route.peek().id;
  const index = from === null ? -1 : ids.indexOf(from);
  return ids[index < 0 ? (step > 0 ? 0 : ids.length - 1) : Math.min(ids.length - 1, Math.max(0, index + step))] ?? null;
}

export function start(): void {
  const list = current.peek();
  take(list, snapshot.threads, []);
  settle(list);
  let last = list;
  current.subscribe((next) => {
    if (next === last) return;
    last = next;
    freeze(false);
    if (!next.loaded) void reload(next);
  });
}
