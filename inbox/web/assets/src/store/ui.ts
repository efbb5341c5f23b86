/** What is open or wanted on screen right now; nothing here is worth keeping. */
import { type Signal, signal } from '@preact/signals';
import type { Mode } from '../core/types';
import { boxOf, isEmpty } from './drafts';
import { read, write } from './local';

export const help = signal(false);
/** Whether single keys act; whoever dictates or hits keys by chance turns them off in the help sheet. Each browser
 *  remembers its own. */
const KEYS = 'onethread:single-keys';
export const singleKeys = signal(read<boolean>(KEYS) ?? true);
export function setSingleKeys(on: boolean): void {
  singleKeys.value = on;
  write(KEYS, on);
}
addEventListener('storage', (event) => { if (event.key === KEYS) singleKeys.value = read<boolean>(KEYS) ?? true; });

/** The reply that is about to be changed or taken back. */
export const amending = signal<{ id: number; change: 'edit' | 'delete' } | null>(null);

export const assigning = signal(false);
/** The menu of channels in the composer is open. */
export const choosing = signal(false);

/** The composer's mode per thread: where a draft stands, else reply. */
const modes = new Map<number, Signal<Mode>>();
export function modeOf(thread: number): Signal<Mode> {
  let mode = modes.get(thread);
  if (!mode) {
    const noteOnly = isEmpty(boxOf(thread, 'reply').content.peek()) && !isEmpty(boxOf(thread, 'note').content.peek());
    modes.set(thread, mode = signal<Mode>(noteOnly ? 'note' : 'reply'));
  }
  return mode;
}

export const moveMode = (from: number, to: number): void => void modes.set(to, modeOf(from));

/** What a thread's pane is called while it lives. When the thread becomes part of another one the pane goes on under
 *  its name, so that focus, caret and scroll are left alone. */
const slots = new Map<number, string>();
let slot = 0;
export function slotOf(thread: number): string {
  const known = slots.get(thread);
  if (known) return known;
  const made = `s${++slot}`;
  slots.set(thread, made);
  return made;
}
export function moveSlot(from: number, to: number): void {
  slots.set(to, slotOf(from));
  slots.delete(from);
}

/** Unfolded, quoted, detailed: per message, so that a live change of the list keeps what the agent opened. */
export const unfolded = signal<ReadonlySet<number>>(new Set());
export const allUnfolded = signal(false);
export function unfold(id: number, on: boolean): void {
  const next = new Set(unfolded.peek());
  if (on) next.add(id);
  else next.delete(id);
  unfolded.value = next;
}

export const byTestId = <T extends HTMLElement>(id: string): T | null => document.querySelector<T>(`[data-testid="${id}"]`);

/** Focus what a change brings onto the page. Preact paints in a microtask, so the element is there before the next key
 *  is handled, and no key of a fast typist is taken for a command; only slow ones are waited for. A menu opened
 *  meanwhile keeps the focus. */
export async function focusSoon(selector: string): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) {
    await (turn < 6 ? Promise.resolve() : new Promise(requestAnimationFrame));
    if (document.activeElement?.closest('[role=menu]')) return;
    const found = document.querySelector<HTMLElement>(selector);
    if (found) {
      found.focus();
      return;
    }
  }
}
export const focusRow = (id: number): void => {
  const row = document.querySelector<HTMLElement>(`[data-row="${id}"]`);
  row?.focus();
  row?.scrollIntoView({ block: 'nearest' });
};
export const focusComposer = (thread: number, mode: Mode): void =>
  void focusSoon(`[data-testid=composer][data-thread="${thread}"][data-mode=${mode}] :is(textarea, .templates input, .templates button)`);
export const focusThread = (thread: number): void => void focusSoon(`[data-thread="${thread}"] [data-testid=thread-title]`);
