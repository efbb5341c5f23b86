/** What is known of the open thread's customer beside the thread. It is fetched apart: the thread waits for none of it,
 *  and each part says for itself when it cannot be had. */
import { type Signal, effect, signal } from '@preact/signals';
import { Problem, call } from '../core/api';
import type { Customer, CustomerNote, Duplicate } from '../core/types';
import { route } from './router';
import { threads } from './store';

export interface Part<T> { value: T | null; state: 'loading' | 'idle' | 'error' }
export interface About { customer: Signal<Part<Customer>>; notes: Signal<Part<CustomerNote[]>>; duplicates: Signal<Part<Duplicate[]>> }

const NOTES = 3;
const KEPT = 30;
const known = new Map<number, About>();
const part = <T>(): Signal<Part<T>> => signal({ value: null, state: 'loading' });

/** By the customer's id. */
export function aboutOf(customer: number): About {
  let about = known.get(customer);
  if (!about) {
    known.set(customer, about = { customer: part(), notes: part(), duplicates: part() });
    for (const old of known.keys()) {
      if (known.size <= KEPT) break;
      known.delete(old);
    }
  }
  return about;
}

async function load<T>(into: Signal<Part<T>>, work: () => Promise<T>): Promise<T | null> {
  into.value = { ...into.peek(), state: 'loading' };
  try {
    const value = await work();
    into.value = { value, state: 'idle' };
    return value;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    into.value = { ...into.peek(), state: 'error' };
    return null;
  }
}

const items = async <T>(path: string): Promise<T[]> => (await call<{ items: T[] }>('GET', path)).items;

export async function loadAbout(customer: number): Promise<void> {
  const about = aboutOf(customer);
  const found = await load(about.customer, () => call<Customer>('GET', `/customers/${customer}`));
  if (!found) return;
  void load(about.notes, () => (found.notes ? items<CustomerNote>(`/customers/${customer}/notes?limit=${NOTES}`) : Promise.resolve([])));
  void load(about.duplicates, () => (found.duplicates ? items<Duplicate>(`/customers/${customer}/duplicates`) : Promise.resolve([])));
}

let again: ReturnType<typeof setTimeout> | undefined;
/** The customer of a thread changed: fetched once, a moment later, if it is the open one, else when it is opened. */
export function refreshAbout(thread: number): void {
  const customer = threads.get(thread)?.peek().customer.id;
  if (customer === undefined) return;
  if (route.peek().id !== thread) {
    known.delete(customer);
    return;
  }
  clearTimeout(again);
  again = setTimeout(() => void loadAbout(customer), 300);
}

/** Fetch whoever is opened, after the thread itself has had its turn. */
export function start(): void {
  let last: number | null = null;
  effect(() => {
    const { id } = route.value;
    const customer = id === null ? null : threads.get(id)?.value.customer.id ?? null;
    if (customer === null || customer === last) return;
    last = customer;
    const state = aboutOf(customer).customer.peek();
    if (state.value === null) setTimeout(() => { if (route.peek().id === id) void loadAbout(customer); }, 150);
  });
}
