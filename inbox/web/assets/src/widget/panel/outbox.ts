/** The visitor's messages until the server has them: kept in this browser, so that neither a reload nor a dead network
 *  loses one, and sent under their client_msg_id, so that none arrives twice. */
import { Problem, post } from './api';
import type { Stored } from './contract';
import { emit } from './host';
import { keep, nudge, onKept } from './kept';
import { ended, heard, lost } from './line';
import { type Outgoing, newKey } from './rules';
import { outbox, pending, phase } from './store';

const SLOW = 4000;

let isDraining = false;
let isHeld = false;
let timer: ReturnType<typeof setTimeout> | undefined;
let waiters: ((key: string) => void)[] = [];

function put(items: Outgoing[]): void {
  outbox.value = items;
  keep('outbox', items.length ? items : null);
}

const change = (key: string, fields: Partial<Outgoing>): void => put(outbox.peek().map((item) => (item.key === key ? { ...item, ...fields } : item)));
const remove = (key: string): void => put(outbox.peek().filter((item) => item.key !== key));

export function send(body: string, files: Stored[]): string {
  const item: Outgoing = { key: newKey(), body, files, at: new Date().toISOString(), state: 'waiting', error: null };
  put([...outbox.peek(), item]);
  void drain();
  return item.key;
}

/** Called with the key of every message that the server has taken. */
export const onTaken = (hear: (key: string) => void): void => { waiters = [...waiters, hear]; };

/** While a session is asked for: what the visitor writes goes out as whom the page has just said he is. */
export function hold(held: boolean): void {
  isHeld = held;
  if (!held) void drain();
}

export async function drain(): Promise<void> {
  clearTimeout(timer);
  if (isDraining || isHeld || phase.peek() !== 'open') return;
  isDraining = true;
  try {
    for (let item = next(); item && !isHeld; item = next()) {
      if (!await attempt(item)) return;
    }
  } finally {
    isDraining = false;
  }
}

const next = (): Outgoing | undefined => outbox.peek().find((item) => item.state === 'waiting');

/** True when the next one may go. Should another tab send the same at the same time, the server takes its key once. */
async function attempt(item: Outgoing): Promise<boolean> {
  const { key, body, files, at } = item;
  change(key, { state: 'sending', error: null });
  try {
    await post('/messages', { client_msg_id: key, body, attachment_ids: files.map((file) => file.id) });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    lost(problem);
    if (problem.passing || problem.status === 401) {
      change(key, { state: 'waiting' });
      timer = setTimeout(() => void drain(), Math.max(SLOW, problem.waitSeconds * 1000));
      if (problem.status === 401) ended();
      return false;
    }
    change(key, { state: 'failed', error: problem.message });
    if (problem.code === 'blocked') ended();
    return true;
  }
  heard();
  if (outbox.peek().some((other) => other.key === key)) pending.value = [...pending.peek(), { client_msg_id: key, body, files, at }];
  remove(key);
  emit('message', { from: 'visitor' });
  nudge();
  waiters.forEach((hear) => hear(key));
  return true;
}

/** The server has shown these: their answers were lost, or another tab sent them. */
export function confirm(keys: (string | null)[]): void {
  const known = new Set(keys);
  if (outbox.peek().some((item) => known.has(item.key))) put(outbox.peek().filter((item) => !known.has(item.key)));
}

export function retry(key: string): void {
  change(key, { state: 'waiting', error: null });
  void drain();
}

export const discard = remove;

export function forget(): void {
  put([]);
}

/** What an earlier page left behind, or another tab put in; what is under way here goes on. */
onKept((kept) => {
  const items = (kept.outbox ?? []) as Outgoing[];
  const busy = outbox.peek().filter((item) => item.state === 'sending');
  outbox.value = items.map((item) => busy.find(({ key }) => key === item.key) ?? { ...item, state: item.state === 'failed' ? 'failed' : 'waiting' });
  // The tab that it was written in sends it, unless it was closed.
  clearTimeout(timer);
  if (next()) timer = setTimeout(() => void drain(), 2 * SLOW);
});
