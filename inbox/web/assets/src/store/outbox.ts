/** Messages on their way to the server. Kept in IndexedDB until the server has answered, sent in order per thread, each
 *  under its client_msg_id, so that sending one twice (reload, two tabs, a lost answer) makes one message. */
import { type Signal, signal } from '@preact/signals';
import { Problem, call } from '../core/api';
import { t } from '../core/i18n';
import { me } from '../core/page';
import { serverNow } from '../core/time';
import type { Message, MessagePage, Mode } from '../core/types';
import { addresses } from './answering';
import { type Content, sent, takeBack } from './drafts';
import { outboxAll, outboxDelete, outboxHas, outboxPut } from './local';
import { addToStream, lastSeq, patchThread, streamOf, threads } from './store';

export interface Item {
  key: string; agent: number; thread: number; mode: Mode; content: Content; resolve: boolean; at: number;
  /** The last message in view when it was written: its seq, and its id, by which it is found again after a merge. */
  ifLastSeq: number | null; seen: number | null;
  /** Written in a thread that has since become part of another one: seqs have changed. */
  moved?: boolean;
  state: 'queued' | 'sending' | 'conflict' | 'refused';
  error: string | null;
}
export interface Conflict { item: Item; messages: Message[] }

/** Per thread, oldest first. */
const queues = new Map<number, Signal<Item[]>>();
const running = new Set<number>();
export const conflict = signal<Conflict | null>(null);
/** How many messages wait for the connection; the strip tells. */
export const waiting = signal(0);

export function queueOf(thread: number): Signal<Item[]> {
  let queue = queues.get(thread);
  if (!queue) queues.set(thread, queue = signal([]));
  return queue;
}

/** The message as it is now: it may have moved to another thread since somebody got hold of it. */
function current(item: Item): Item | undefined {
  for (const queue of queues.values()) {
    const found = queue.peek().find((other) => other.key === item.key);
    if (found) return found;
  }
  return undefined;
}

function change(item: Item, fields: Partial<Item>): Item {
  const now = current(item);
  // The feed may have confirmed it before the answer to our request came.
  if (!now) return { ...item, ...fields };
  const next = { ...now, ...fields };
  const queue = queueOf(now.thread);
  queue.value = queue.peek().map((other) => (other.key === item.key ? next : other));
  void outboxPut(next);
  return next;
}

function remove(item: Item): void {
  const now = current(item);
  if (now) {
    const queue = queueOf(now.thread);
    queue.value = queue.peek().filter((other) => other.key !== item.key);
  }
  count();
  void outboxDelete(item.key);
}

function count(): void {
  let n = 0;
  for (const queue of queues.values()) n += queue.peek().filter((item) => item.state === 'queued' || item.state === 'sending').length;
  waiting.value = n;
}

export function enqueue(thread: number, mode: Mode, content: Content, resolve: boolean): void {
  const stream = streamOf(thread);
  const item: Item = {
    key: crypto.randomUUID(), agent: me.id, thread, mode, content, resolve, at: serverNow(), state: 'queued', error: null,
    ifLastSeq: mode === 'reply' ? lastSeq(stream) : null, seen: stream.ids.peek().at(-1) ?? null,
  };
  const queue = queueOf(thread);
  queue.value = [...queue.peek(), item];
  count();
  // The bubble is on screen; the request waits for the copy on disk, so that a crash in between loses nothing.
  void outboxPut(item).catch((problem: unknown) => console.warn('outbox: not kept', problem)).then(() => drain(thread));
}

/** Send a thread's messages one after the other, until one must wait for the network or for a person. */
export async function drain(thread: number): Promise<void> {
  if (running.has(thread)) return;
  running.add(thread);
  try {
    for (;;) {
      const item = queueOf(thread).peek()[0];
      if (!item || item.state === 'conflict' || item.state === 'refused') return;
      if (!await alone(item.key, () => attempt(current(item) ?? item))) return;
    }
  } finally {
    running.delete(thread);
  }
}

/** One tab at a time per message. Another tab may have sent it while we waited. */
async function alone(key: string, work: () => Promise<boolean>): Promise<boolean> {
  return navigator.locks ? navigator.locks.request(`outbox:${key}`, work) : work();
}

/** True when the next one may go. */
async function attempt(item: Item): Promise<boolean> {
  if (!await outboxHas(item.key)) {
    remove(item);
    return true;
  }
  change(item, { state: 'sending', error: null });
  try {
    const done = item.moved ? await look(item) : null;
    const asked = performance.now();
    accepted(item, done ?? await post(current(item) ?? item), asked);
    return true;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return refused(current(item) ?? item, problem);
  }
}

/** What a message of a merged thread finds in the survivor: itself, when it had come through before; else how far what
 *  its writer had seen reaches now. */
async function look(item: Item): Promise<Message | null> {
  const { items } = await call<MessagePage>('GET', `/threads/${item.thread}/messages?limit=100`);
  const seen = items.find((message) => message.id === item.seen);
  const ifLastSeq = item.ifLastSeq === null ? null : seen?.seq ?? Math.max(0, (items[0]?.seq ?? 1) - 1);
  change(item, { moved: false, ifLastSeq });
  return items.find((message) => message.client_msg_id === item.key && message.author.id === me.id) ?? null;
}

async function post(item: Item): Promise<Message> {
  const { content } = item;
  const body: Record<string, unknown> = {
    body: content.template ? '' : content.body, client_msg_id: item.key, attachment_ids: content.files.flatMap((file) => file.id ?? []),
  };
  if (item.mode === 'reply') {
    body['channel_id'] = content.channel;
    if (item.ifLastSeq !== null) body['if_last_seq'] = item.ifLastSeq;
    if (content.identity) body['to_identity_id'] = content.identity;
    if (content.claim) body['to_claim_id'] = content.claim;
    if (addresses(content.cc).length) body['cc'] = addresses(content.cc);
    if (content.replyTo) body['reply_to'] = content.replyTo;
    if (content.subject) body['subject'] = content.subject;
    // Written by a former page, it has no such field.
    if (content.answers) body['in_reply_to_message_id'] = content.answers.id;
    if (content.template) body['template'] = content.template;
    if (item.resolve) body['resolve'] = true;
  }
  return call<Message>('POST', `/threads/${item.thread}/${item.mode === 'reply' ? 'replies' : 'notes'}`, { body });
}

/** The feed brings messages of mine whose answer was lost, or comes later: they wait no more. */
export function confirm(news: Message[]): void {
  for (const message of news) {
    if (message.author.id !== me.id || message.client_msg_id === null) continue;
    const item = queues.get(message.thread_id)?.peek().find((other) => other.key === message.client_msg_id);
    if (item) accepted(item, message);
  }
}

function accepted(item: Item, message: Message, asked?: number): void {
  const thread = current(item)?.thread ?? item.thread;
  const stream = streamOf(thread);
  // An answer from a thread that was merged meanwhile has that one's seq: the stream is fetched again anyhow.
  if (!stream.stale && message.thread_id === thread) addToStream(stream, [message], asked);
  remove(item);
  if (item.mode === 'reply') patchThread(thread, { waiting_since: null });
  patchThread(thread, { read_seq: Math.max(message.seq, threads.get(thread)?.peek().read_seq ?? 0) });
  // What I wrote next was written with this one in view.
  for (const other of queueOf(thread).peek()) if (other.ifLastSeq === message.seq - 1) change(other, { ifLastSeq: message.seq, seen: message.id });
  if (!queueOf(thread).peek().some((other) => other.mode === item.mode)) sent(thread, item.mode);
}

/** Two threads became one: what waits here for the one that is gone is sent to the survivor. */
export function moveQueue(gone: number, survivor: number): void {
  const items = queues.get(gone)?.peek() ?? [];
  if (!items.length) return;
  queueOf(gone).value = [];
  const moved = items.map((item): Item => ({ ...item, thread: survivor, moved: true }));
  queueOf(survivor).value = [...queueOf(survivor).peek(), ...moved].sort((a, b) => a.at - b.at);
  for (const item of moved) {
    if (conflict.peek()?.item.key === item.key) conflict.value = { item, messages: conflict.peek()?.messages ?? [] };
    void outboxPut(item);
  }
  void drain(survivor);
}

function refused(item: Item, problem: Problem): boolean {
  if (problem.status === 409 && problem.slug === 'newer-messages') {
    const news = (problem.body['messages'] ?? []) as Message[];
    const stream = streamOf(item.thread);
    if (!stream.stale) addToStream(stream, news);
    const others = news.filter((message) => message.kind !== 'system' && message.author.id !== me.id);
    if (news.length && !others.length) {
      // Only system lines and my own words came in between: nothing to read first.
      change(item, { state: 'queued', ifLastSeq: Math.max(...news.map((message) => message.seq)) });
      return true;
    }
    const waitingItem = change(item, { state: 'conflict' });
    conflict.value ??= { item: waitingItem, messages: others };
    return false;
  }
  if (problem.passing || problem.status === 401) {
    change(item, { state: 'queued', error: null });
    if (problem.passing && problem.status !== 0) setTimeout(() => void drain(item.thread), 3000);
    return false;
  }
  change(item, { state: 'refused', error: problem.message || t('Not accepted') });
  return false;
}

/** Send in spite of what is new. */
export function sendAnyway(item: Item): void {
  conflict.value = null;
  change(item, { state: 'queued', ifLastSeq: null });
  void drain(item.thread);
}

export function retry(item: Item): void {
  change(item, { state: 'queued', error: null });
  void drain(item.thread);
}

/** Undo before the server has it, edit after a refusal: back into the composer. */
export function recall(given: Item): void {
  const item = current(given) ?? given;
  if (conflict.peek()?.item.key === item.key) conflict.value = null;
  remove(item);
  takeBack(item.thread, item.mode, item.content);
  void drain(item.thread);
}

export function discard(given: Item): void {
  const item = current(given) ?? given;
  remove(item);
  sent(item.thread, item.mode);
  void drain(item.thread);
}

export function reviewLater(item: Item): void {
  if (conflict.peek()?.item.key === item.key) conflict.value = null;
}

export function openConflict(item: Item): void {
  conflict.value = { item, messages: [] };
}

export function drainAll(): void {
  for (const thread of queues.keys()) void drain(thread);
}

/** Take up what an earlier page of this agent left behind. */
export async function resume(): Promise<void> {
  const items = (await outboxAll<Item>()).filter((item) => item.agent === me.id).sort((a, b) => a.at - b.at);
  for (const item of items) {
    const queue = queueOf(item.thread);
    if (!current(item)) queue.value = [...queue.peek(), { ...item, state: item.state === 'sending' ? 'queued' : item.state }];
  }
  count();
  drainAll();
}
