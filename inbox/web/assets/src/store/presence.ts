/** Who is writing right now, and which visitors are on the site. All of it passes by itself: nothing here is kept. */
import { type Signal, signal } from '@preact/signals';
import { Problem, call } from '../core/api';
import { me } from '../core/page';
import { serverNow } from '../core/time';
import type { Event } from '../core/types';

/** For how long a sign of writing counts when nobody says until when, ms. */
const SPAN = 6000;
/** The least time between two signs of ours, ms. */
const PAUSE = 4000;

const customers = new Map<number, Signal<boolean>>();
const colleagues = new Map<number, Signal<ReadonlyMap<number, number>>>();
const timers = new Map<string, ReturnType<typeof setTimeout>>();

function cell<T>(map: Map<number, Signal<T>>, id: number, empty: T): Signal<T> {
  let found = map.get(id);
  if (!found) map.set(id, found = signal(empty));
  return found;
}

/** Whether the thread's customer is writing. */
export const isTyping = (thread: number): boolean => cell(customers, thread, false).value;
/** Which other agents are writing a reply there. */
export const writers = (thread: number): number[] => [...cell(colleagues, thread, new Map()).value.keys()];

/** Time left of a sign of writing, ms; old ones come with what was missed while the connection was cut. */
function left(event: Event): number {
  const until = event.data?.['until'];
  return (typeof until === 'string' ? Date.parse(until) : Date.parse(event.at) + SPAN) - serverNow();
}

function after(key: string, ms: number, work: () => void): void {
  clearTimeout(timers.get(key));
  timers.set(key, setTimeout(() => {
    timers.delete(key);
    work();
  }, ms));
}

export function customerTypes(thread: number, event: Event): void {
  const ms = left(event);
  if (ms <= 0) return;
  cell(customers, thread, false).value = true;
  after(`c${thread}`, Math.min(ms, 30_000), () => customerStops(thread));
}

export function customerStops(thread: number): void {
  const known = customers.get(thread);
  if (known) known.value = false;
}

export function agentTypes(thread: number, agent: number, event: Event): void {
  const ms = left(event);
  if (ms <= 0 || agent === me.id) return;
  const known = cell(colleagues, thread, new Map<number, number>() as ReadonlyMap<number, number>);
  known.value = new Map(known.peek()).set(agent, event.id as number);
  after(`a${thread}/${agent}`, Math.min(ms, 30_000), () => agentStops(thread, agent));
}

export function agentStops(thread: number, agent: number | null): void {
  const known = colleagues.get(thread);
  if (!known || agent === null || !known.peek().has(agent)) return;
  const rest = new Map(known.peek());
  rest.delete(agent);
  known.value = rest;
}

let told = { way: '', at: 0 };
/** I am writing a reply: colleagues see it, and the customer where the channel can show it. */
export function iType(thread: number, channel: number): void {
  const way = `${thread}/${channel}`;
  if (!navigator.onLine || told.way === way && Date.now() - told.at < PAUSE) return;
  told = { way, at: Date.now() };
  call('POST', `/threads/${thread}/typing`, { body: { channel_id: channel } }).catch((problem: unknown) => {
    if (!(problem instanceof Problem)) throw problem;
    // Nobody misses it; the next key tries again.
    console.info('typing not shown', problem.slug);
  });
}
