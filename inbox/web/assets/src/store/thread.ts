/** The open thread: loading it, its older and newer messages, what is read, and its details. */
import { batch, effect, signal } from '@preact/signals';
import { Problem, call } from '../core/api';
import { t } from '../core/i18n';
import { snapshot } from '../core/page';
import type { Detail, Message, MessagePage } from '../core/types';
import { adoptAll } from './drafts';
import { touched } from './lists';
import { lead, route } from './router';
import { type Stream, addToStream, details, isUnread, lastSeq, patchThread, peekMessage, putDetail, streamOf, streams, threads } from './store';
import { toast } from './toasts';

const PAGE = 50;
const KEPT = 30;
const MOST = 400;
const FAR = 2000;

/** What was read when the thread was opened: where the "New" line stands, and what is unfolded. */
export const opened = signal<{ id: number; read: number } | null>(null);
export const failure = signal<{ id: number; status: number; text: string } | null>(null);

/** The place that the page's address names (`#seq-12`), until it is shown. */
export const sought = signal<{ id: number; seq: number } | null>(null);

async function guarded(id: number, work: () => Promise<void>, stream: Stream | null): Promise<void> {
  try {
    await work();
    if (failure.peek()?.id === id) failure.value = null;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (stream) stream.state.value = 'error';
    failure.value = { id, status: problem.status, text: problem.message };
  }
}

/** How many details were asked for, and which of these the newest answer was for, by thread. */
let asks = 0;
const answered = new Map<number, number>();

export async function loadDetail(id: number): Promise<void> {
  await guarded(id, async () => {
    const asked = Date.now();
    const turn = asks += 1;
    const detail = await call<Detail>('GET', `/threads/${id}`);
    if ((answered.get(id) ?? 0) > turn) return;
    answered.set(id, turn);
    if (detail.id !== id) onMerged.run(id, detail.id);
    putDetail(detail);
    adoptAll(detail, asked);
  }, null);
}

/** Set by merging.ts, which stands on this module: what to do when a thread turns out to be part of another one. */
export const onMerged: { run: (gone: number, survivor: number) => void } = { run: () => undefined };

/** The newest page; afterwards the stream is whole up to its end. */
export async function loadMessages(id: number): Promise<void> {
  const stream = streamOf(id);
  if (stream.state.peek() === 'loading') return;
  stream.state.value = 'loading';
  const { turn } = stream;
  await guarded(id, async () => {
    const newest = lastSeq(stream);
    if (newest && stream.ids.peek().length) {
      await fetchAfter(id, stream, newest);
    } else {
      await fetchPage(id, stream, `limit=${PAGE}`);
    }
    if (stream.turn === turn) whole(id, stream);
  }, stream);
}

function whole(id: number, stream: Stream): void {
  const { missed } = stream;
  batch(() => {
    stream.stale = false;
    stream.missed = false;
    stream.state.value = 'idle';
  });
  // What came while we were fetching may have come too late for the answer.
  if (missed && lastSeq(stream) < (threads.get(id)?.peek().last_seq ?? 0)) void loadMessages(id);
}

/** Messages were numbered anew: fetch as far back as is held, then show all at once. What is on screen stays there
 *  until then, and as it is the same messages that come back, so does the reader's place. */
export async function reloadMessages(id: number): Promise<void> {
  const stream = streamOf(id);
  stream.stale = true;
  stream.state.value = 'loading';
  stream.turn += 1;
  const { turn } = stream;
  await guarded(id, async () => {
    const asked = performance.now();
    const held = new Set(stream.ids.peek());
    let items: Message[] = [];
    let before: number | null = null;
    do {
      const page: MessagePage = await call<MessagePage>('GET', `/threads/${id}/messages?limit=100${before === null ? '' : `&before_seq=${before}`}`);
      if (stream.turn !== turn) return;
      items = [...page.items, ...items];
      before = page.next_before_seq;
      for (const message of page.items) held.delete(message.id);
    } while (before !== null && held.size > 0 && items.length < MOST);
    batch(() => {
      stream.ids.value = [];
      addToStream(stream, items, asked);
      stream.before = before;
    });
    whole(id, stream);
  }, stream);
}

async function fetchAfter(id: number, stream: Stream, newest: number): Promise<void> {
  const { turn } = stream;
  for (;;) {
    const asked = performance.now();
    const page = await call<MessagePage>('GET', `/threads/${id}/messages?after_seq=${newest}&limit=100`);
    if (stream.turn !== turn) return;
    addToStream(stream, page.items, asked);
    if (page.items.length < 100) return;
    newest = lastSeq(stream);
  }
}

/** The newest messages, or those before the ones that are held. */
async function fetchPage(id: number, stream: Stream, query: string): Promise<void> {
  const { turn } = stream;
  const asked = performance.now();
  const page = await call<MessagePage>('GET', `/threads/${id}/messages?${query}`);
  if (stream.turn !== turn) return;
  batch(() => {
    stream.before = page.next_before_seq;
    addToStream(stream, page.items, asked);
  });
}

export async function loadOlder(id: number): Promise<void> {
  const stream = streamOf(id);
  if (stream.before === null || stream.state.peek() !== 'idle') return;
  stream.state.value = 'older';
  await guarded(id, async () => {
    await fetchPage(id, stream, `before_seq=${stream.before}&limit=${PAGE}`);
    if (stream.state.peek() === 'older') stream.state.value = 'idle';
  }, stream);
}

/** Lead to a message of the open thread, however far back it is. */
export function goTo(id: number, seq: number): void {
  sought.value = { id, seq };
  void seek(id, seq);
}

/** Older messages, until the one is here that the page's address names. */
async function seek(id: number, seq: number): Promise<void> {
  const stream = streamOf(id);
  const reached = (): boolean => {
    const first = stream.ids.peek()[0];
    return stream.before === null || (first !== undefined && peekMessage(first).seq <= seq) || stream.ids.peek().length >= FAR;
  };
  while (!reached() && stream.state.peek() === 'idle') await loadOlder(id);
}

const BURST = 250;
let again: { id: number; more: boolean } | null = null;
/** After events that change the customer, the episode or the channels: at once, and once more after a burst of them. */
export function refreshDetail(id: number): void {
  if (route.peek().id !== id) {
    details.delete(id);
    return;
  }
  if (again?.id === id) {
    again.more = true;
    return;
  }
  const mine = { id, more: false };
  again = mine;
  void loadDetail(id);
  setTimeout(() => {
    if (again === mine) again = null;
    if (mine.more) refreshDetail(id);
  }, BURST);
}

/** Read up to the end, when the agent really looks at it. */
export function markRead(id: number): void {
  const thread = threads.get(id)?.peek();
  const seq = lastSeq(streamOf(id));
  if (!thread || !seq || document.visibilityState !== 'visible' || (thread.read_seq ?? 0) >= seq || leftUnread.get(id) === seq) return;
  setRead(id, seq);
}

/** Threads that the agent marked unread, and their last seq then: looking on does not read them, news or a new visit does. */
const leftUnread = new Map<number, number>();

export function markUnread(id: number): void {
  const last = streamOf(id).ids.peek().map(peekMessage).findLast((message) => message.kind === 'inbound');
  const end = threads.get(id)?.peek().last_seq ?? 0;
  leftUnread.set(id, end);
  setRead(id, (last?.seq ?? end) - 1);
  toast(t('Marked as unread'));
}

function setRead(id: number, seq: number): void {
  patchThread(id, { read_seq: seq });
  call('POST', `/threads/${id}/read`, { body: { seq } }).catch((problem: unknown) => {
    if (!(problem instanceof Problem)) throw problem;
    // It stays so here; the next message or visit tells the server again.
    console.info('read mark not stored', problem.slug);
  });
}

function show(id: number): void {
  const thread = threads.get(id)?.peek();
  const stream = streamOf(id);
  leftUnread.delete(id);
  opened.value = { id, read: thread && isUnread(thread) ? thread.read_seq ?? 0 : Number.MAX_SAFE_INTEGER };
  if (!details.has(id)) void loadDetail(id);
  if (stream.stale) void loadMessages(id);
  streams.delete(id);
  streams.set(id, stream);
  for (const old of streams.keys()) {
    if (streams.size <= KEPT) break;
    streams.delete(old);
    details.delete(old);
  }
}

/** Everything that is held may have been passed by: after a reset of the feed. */
export function distrust(): void {
  for (const stream of streams.values()) stream.stale = true;
  details.forEach((_detail, id) => { if (id !== route.peek().id) details.delete(id); });
  const id = route.peek().id;
  if (id) {
    void loadDetail(id);
    void loadMessages(id);
  }
}

export function start(): void {
  const { thread, messages } = snapshot;
  if (thread) {
    if (thread.id !== route.peek().id && route.peek().id !== null) lead(route.peek().id as number, thread.id);
    putDetail(thread);
    if (messages) {
      const stream = streamOf(thread.id);
      addToStream(stream, messages.items, 0);
      stream.before = messages.next_before_seq;
      stream.stale = false;
    }
  }
  const place = /^#seq-(\d{1,9})$/.exec(location.hash);
  const open = route.peek().id;
  if (place && open !== null) {
    sought.value = { id: open, seq: Number(place[1]) };
    queueMicrotask(() => void seek(open, Number(place[1])));
  }
  effect(() => {
    const { id } = route.value;
    if (id === shown) return;
    shown = id;
    if (id) queueMicrotask(() => show(id));
  });
}

let shown: number | null = null;
/** Who looks at one thread looks at another from now on, without having opened it. */
export function handOver(from: number, to: number): void {
  if (shown === from) shown = to;
  const mark = opened.peek();
  if (mark?.id === from) opened.value = { ...mark, id: to };
}

/** A thread changed by my own hand: lists follow without waiting for the feed. */
export function changedHere(id: number): void {
  const thread = threads.get(id)?.peek();
  if (thread) touched([thread]);
}

