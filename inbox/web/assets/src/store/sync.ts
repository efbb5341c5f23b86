/** The live feed. Deltas come over the socket; each names the cursor it follows. A delta that does not follow ours, a
 *  new connection, a page that was hidden, or five quiet minutes: then /sync tells what was missed, never a guess. */
import { batch, signal } from '@preact/signals';
import { type Socket, io } from 'socket.io-client';
import { announce } from '../core/announce';
import { Problem, call } from '../core/api';
import { t } from '../core/i18n';
import { appState, me, snapshot } from '../core/page';
import { serverNow } from '../core/time';
import type { Agent, Channel, Delta, Event, Message, View, Visit } from '../core/types';
import { actsTold } from './acttold';
import { afterInbound } from './answering';
import { commerceChanged, distrustCommerce, forgetCommerce } from './commerce';
import { isEcho, saveAll } from './drafts';
import { gone, refetchAll, touched } from './lists';
import { refreshAbout } from './customer';
import { merged, separated } from './merging';
import { confirm, drainAll, waiting } from './outbox';
import { agentStops, agentTypes, customerStops, customerTypes } from './presence';
import { route } from './router';
import { addToStream, channels, details, dropThread, lastSeq, ownDoing, patchDetail, patchThread, peekMessage, putAgents, putChannels, putMessage, putThread, quietly, streams, messages, threads, views } from './store';
import { distrust, loadDetail, loadMessages, refreshDetail, reloadMessages } from './thread';

const QUIET = 5 * 60_000;
const GRACE = 3000;
const RETRY = 4000;

export const link = signal<'live' | 'cut' | 'back'>('live');
/** When the picture was last known to be whole. */
export const asOf = signal(serverNow());

let cursor = snapshot.cursor;
let syncing = false;
let missed = false;
let socket: Socket | null = null;
let grace: ReturnType<typeof setTimeout> | undefined;

/** Bring the page up to date. Safe to call at any time, and any number of times. */
export async function sync(): Promise<void> {
  if (syncing) {
    missed = true;
    return;
  }
  syncing = true;
  try {
    for (let more = true; more;) {
      missed = false;
      const delta = await call<Delta>('GET', `/sync?since=${encodeURIComponent(cursor)}`);
      apply(delta);
      more = (delta.more && !delta.reset) || missed;
    }
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.passing) setTimeout(() => { if (socket?.connected) void sync(); }, 3000);
  } finally {
    syncing = false;
  }
}

function pushed(delta: Delta): void {
  if (delta.cursor === cursor) return;
  if (syncing || delta.prev !== cursor) void sync();
  else apply(delta);
}

function apply(delta: Delta): void {
  cursor = delta.cursor;
  asOf.value = serverNow();
  if (delta.reset) {
    distrust();
    distrustCommerce();
    refetchAll();
    refreshViews();
    return;
  }
  batch(() => {
    delta.threads.forEach(putThread);
    // Before their messages are placed: seqs count anew.
    joinAndPart(delta.events);
    place(delta.messages);
    delta.messages.forEach(quietly);
    confirm(delta.messages);
    const told = new Map(delta.messages.map((message) => [message.id, message]));
    delta.events.forEach((event) => react(event, told));
    touched(delta.threads.flatMap((thread) => threads.get(thread.id)?.peek() ?? []));
    if (delta.gone.length) {
      gone(delta.gone);
      delta.gone.forEach(dropThread);
    }
  });
  // Asked for, the server says why it is not here any more.
  const open = route.peek().id;
  if (open !== null && delta.gone.includes(open)) void loadDetail(open);
  if (delta.threads.length || delta.gone.length) refreshViews();
}

function joinAndPart(events: Event[]): void {
  const parted = new Set<number>();
  for (const { kind, data } of events) {
    const [gone, survivor] = [Number(data?.['gone']), Number(data?.['survivor'])];
    if (kind === 'thread.merged' && gone && survivor) merged(gone, survivor);
    if (kind === 'thread.split') for (const id of [Number(data?.['from']), Number(data?.['to'])]) if (id) parted.add(id);
  }
  if (parted.size) separated([...parted]);
}

function place(items: Message[]): void {
  const perThread = new Map<number, Message[]>();
  for (const message of items) perThread.set(message.thread_id, [...perThread.get(message.thread_id) ?? [], message]);
  for (const [id, news] of perThread) {
    const stream = streams.get(id);
    if (!stream) continue;
    // One that we hold already (a delivery that changed) is replaced; one that follows ours is added.
    for (const message of news) if (messages.has(message.id)) putMessage(message);
    if (stream.stale) {
      stream.missed = true;
      continue;
    }
    const first = stream.ids.peek()[0];
    const from = first === undefined ? 1 : peekMessage(first).seq;
    const fresh = news.filter((message) => message.seq >= from).sort((a, b) => a.seq - b.seq);
    const next = fresh.filter((message, index) => message.seq <= lastSeq(stream) + 1 + index);
    addToStream(stream, next);
    if (next.length < fresh.length) {
      stream.stale = true;
      if (route.peek().id === id) void loadMessages(id);
    }
  }
}

function react(event: Event, told: Map<number, Message>): void {
  const { thread_id: id, data } = event;
  const news = told.get(event.message_id ?? 0);
  const quiet = event.kind === 'commerce.changed' && news?.kind === 'system';
  const made = quiet || (event.actor_id === me.id && event.kind !== 'delivery.changed') ? news : undefined;
  if (made) ownDoing(made);
  switch (event.kind) {
    case 'message.received':
      if (id !== null) {
        followCustomer(id, told.get(event.message_id ?? 0));
        refreshDetail(id);
        customerStops(id);
        heard(id, event.message_id);
      }
      break;
    case 'message.replied':
      if (id !== null) agentStops(id, event.actor_id);
      break;
    case 'episode.opened': case 'episode.resolved': case 'episode.reopened':
      if (id !== null) refreshDetail(id);
      break;
    case 'customer.changed':
      if (id !== null) {
        refreshDetail(id);
        refreshAbout(id);
      }
      break;
    case 'commerce.changed':
      if (data?.['what'] === 'act') actsTold.value += 1;
      if (typeof data?.['customer_id'] === 'number') commerceChanged(data['customer_id']);
      break;
    case 'customer.erased':
      actsTold.value += 1;
      if (typeof data?.['customer_id'] === 'number') forgetCommerce(data['customer_id']);
      if (id !== null) {
        refreshDetail(id);
        refreshAbout(id);
        if (streams.has(id)) void reloadMessages(id);
      }
      break;
    case 'customer.typing':
      if (id !== null) customerTypes(id, event);
      break;
    case 'agent.typing':
      if (id !== null && event.actor_id !== null) agentTypes(id, event.actor_id, event);
      break;
    case 'visitor.changed':
      if (id !== null) {
        const visit = (data?.['visit'] ?? null) as Visit | null;
        patchDetail(id, { visit });
        patchThread(id, { online: visit?.online ?? false });
      }
      break;
    case 'thread.read':
      if (id !== null) {
        patchThread(id, { read_seq: Number(data?.['seq'] ?? threads.get(id)?.peek().last_seq ?? 0) });
      }
      break;
    case 'draft.changed':
      if (id !== null && !isEcho(id, String(data?.['mode']))) {
        const other = data?.['mode'] === 'note' ? 'reply' : 'note';
        patchThread(id, { draft: !data?.['empty'] || Boolean(details.get(id)?.peek().drafts[other]) });
        refreshDetail(id);
      }
      break;
    case 'agent.changed':
      void refetch<Agent>('/agents', putAgents);
      break;
    case 'channel.changed':
      void refetch<Channel>('/channels', putChannels);
      if (route.peek().id !== null) refreshDetail(route.peek().id as number);
      break;
  }
}

/** Together with the message that came another way: an answer written right then goes where the customer is now. */
function followCustomer(id: number, message: Message | undefined): void {
  const ways = details.get(id)?.peek().channels;
  if (ways && message?.kind === 'inbound') patchDetail(id, { channels: afterInbound(ways, message) });
}

let unheard = 0;
function heard(id: number, messageId: number | null): void {
  if (document.visibilityState !== 'visible') unheard += 1;
  title();
  const message = messageId === null ? undefined : messages.get(messageId)?.peek();
  const thread = threads.get(id)?.peek();
  if (route.peek().id === id && message && thread) {
    const where = channels.get(message.channel_id ?? 0)?.peek().title ?? '';
    announce(t('{name}, {channel}: {text}', { name: thread.customer.name, channel: where, text: message.body_text.slice(0, 120) }));
  }
}

export function title(): void {
  const { id } = route.peek();
  const name = id ? threads.get(id)?.peek().customer.name : views.peek().find((view) => view.key === route.peek().view)?.label;
  document.title = `${unheard ? `(${unheard}) ` : ''}${name ?? t('Inbox')} · Onethread`;
}

let viewsTimer: ReturnType<typeof setTimeout> | undefined;
export function refreshViews(): void {
  viewsTimer ??= setTimeout(() => {
    viewsTimer = undefined;
    void refetch<View>('/views', (items) => { views.value = items; });
  }, 1200);
}

async function refetch<T>(path: string, put: (items: T[]) => void): Promise<void> {
  try {
    put((await call<{ items: T[] }>('GET', path)).items);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    // What is on screen stays; the next event or page asks again.
    console.info('not refreshed', path, problem.slug);
  }
}

function cut(): void {
  if (grace || link.peek() === 'cut') return;
  grace = setTimeout(() => {
    link.value = 'cut';
    appState('offline');
  }, GRACE);
}

async function back(): Promise<void> {
  clearTimeout(grace);
  grace = undefined;
  await sync();
  drainAll();
  saveAll();
  if (link.peek() === 'cut') {
    link.value = 'back';
    refreshViews();
    setTimeout(() => { if (link.peek() === 'back') link.value = 'live'; }, 2000);
  }
  appState('ready');
}

export function start(): void {
  putChannels(snapshot.channels ?? []);
  socket = io({ transports: ['websocket'], reconnectionDelay: 500, reconnectionDelayMax: 5000, withCredentials: true });
  socket.on('connect', () => void back());
  socket.on('feed', pushed);
  socket.on('disconnect', (reason) => {
    cut();
    // The server closed it on purpose (restart, session ended): socket.io leaves the next try to us.
    if (reason === 'io server disconnect') setTimeout(() => socket?.connect(), 1000);
  });
  socket.on('connect_error', () => {
    cut();
    if (!socket?.active) setTimeout(() => void call('GET', '/me').catch(() => undefined).then(() => socket?.connect()), 3000);
  });
  addEventListener('online', () => {
    // A short break of the network may leave the socket open: then nothing else would say that we are back. Else try at
    // once instead of when the pause between two tries is over.
    if (socket?.connected) void back();
    else socket?.disconnect().connect();
  });
  addEventListener('offline', cut);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') return;
    unheard = 0;
    title();
    void sync();
    drainAll();
  });
  setInterval(() => { if (socket?.connected && serverNow() - asOf.peek() > QUIET) void sync(); }, 30_000);
  // A request may fail while the socket lives on.
  setInterval(() => { if (socket?.connected && waiting.peek()) drainAll(); }, RETRY);
  route.subscribe(title);
}
