/** The one normalised store: every thread, message, agent and channel once, each behind its own signal, so that a
 *  change repaints only what shows it. Nothing here talks to the server. */
import { type Signal, batch, computed, signal } from '@preact/signals';
import { snapshot } from '../core/page';
import type { Agent, Channel, Detail, Message, Thread, View } from '../core/types';

export const threads = new Map<number, Signal<Thread>>();
export const details = new Map<number, Signal<Detail>>();
export const messages = new Map<number, Signal<Message>>();
export const agents = new Map<number, Agent>((snapshot.agents ?? []).map((agent) => [agent.id, agent]));
export const channels = new Map<number, Signal<Channel>>();
export const views = signal<View[]>(snapshot.views ?? []);

/** A thread's messages that this browser holds: a gapless run of seq, oldest first. */
export interface Stream {
  ids: Signal<number[]>;
  /** seq before which older ones can be fetched; null when the beginning is reached. */
  before: number | null;
  state: Signal<'idle' | 'loading' | 'older' | 'error'>;
  /** True when deltas may have passed it by, so that it must be fetched again when it is shown. */
  stale: boolean;
  /** Something came for it while it was being fetched. */
  missed: boolean;
  /** Counts how often its messages were numbered anew: answers to what was asked before are of no use. */
  turn: number;
}
export const streams = new Map<number, Stream>();

export function putAgents(items: Agent[]): void {
  for (const agent of items) agents.set(agent.id, agent);
}

/** Counts changes of the set of channels; each of them has a signal of its own. */
const turns = signal(0);

/** `items` are all that are connected. One that is gone keeps its name, for the messages that came over it. */
export function putChannels(items: Channel[]): void {
  const present = new Set(items.map((channel) => channel.id));
  for (const channel of items) {
    const held = channels.get(channel.id);
    if (held) held.value = channel;
    else channels.set(channel.id, signal(channel));
  }
  for (const [id, held] of channels) if (!present.has(id)) held.value = { ...held.peek(), state: 'removed' };
  turns.value += 1;
}

/** Channels whose account refuses our sign-in: replies on them wait. */
export const refused = computed(() => (turns.value, [...channels.values()].map((each) => each.value).filter((channel) => channel.state === 'needs_reauth')));

/** Deltas are the same for all agents, so what is mine alone (read, draft) is kept from what we knew. */
export function putThread(next: Thread): Signal<Thread> {
  const known = threads.get(next.id);
  if (!known) {
    const made = signal(next);
    threads.set(next.id, made);
    comings.value += 1;
    return made;
  }
  const old = known.peek();
  const anew = next.read_seq !== undefined && renumbered.delete(next.id);
  const read = anew ? next.read_seq ?? -1 : Math.max(next.read_seq ?? -1, old.read_seq ?? -1);
  const merged: Thread = { ...old, ...next, draft: next.draft ?? old.draft ?? false, online: next.online ?? old.online ?? false };
  if (read >= 0) merged.read_seq = read;
  known.value = merged;
  return known;
}

export function patchThread(id: number, change: Partial<Thread>): void {
  const known = threads.get(id);
  if (known) known.value = { ...known.peek(), ...change };
}

export function putDetail(detail: Detail): void {
  batch(() => {
    const { identities: _i, episode: _e, episodes: _s, channels: _c, drafts: _d, visit: _v, ...thread } = detail;
    putThread(thread);
    const known = details.get(detail.id);
    if (known) known.value = detail;
    else {
      details.set(detail.id, signal(detail));
      comings.value += 1;
    }
  });
}

export function patchDetail(id: number, change: Partial<Detail>): void {
  const known = details.get(id);
  if (known) known.value = { ...known.peek(), ...change };
}

/** When the feed last told of a message. */
const heard = new Map<number, number>();
const HEARD = 1000;

/** `asked` is when an answer was asked for that brought it: what the feed has told since then stands. Without it the
 *  feed itself, or this page, says so. */
export function putMessage(message: Message, asked?: number): void {
  const known = messages.get(message.id);
  if (asked === undefined) {
    heard.delete(message.id);
    heard.set(message.id, performance.now());
    if (heard.size > HEARD) heard.delete(heard.keys().next().value as number);
  } else if (known && (heard.get(message.id) ?? 0) > asked) return;
  if (known) known.value = message;
  else messages.set(message.id, signal(message));
}

export function streamOf(id: number): Stream {
  let stream = streams.get(id);
  if (!stream) {
    stream = { ids: signal([]), before: null, state: signal('idle'), stale: true, missed: false, turn: 0 };
    streams.set(id, stream);
  }
  return stream;
}

export const messageOf = (id: number): Message => (messages.get(id) as Signal<Message>).value;
export const peekMessage = (id: number): Message => (messages.get(id) as Signal<Message>).peek();

export function lastSeq(stream: Stream): number {
  const last = stream.ids.peek().at(-1);
  return last === undefined ? 0 : peekMessage(last).seq;
}

/** Counts threads and details that came or went, so that what waits for one is painted when it is there. */
const comings = signal(0);
export function threadOf(id: number): Thread | undefined {
  const known = threads.get(id);
  return known ? known.value : void comings.value;
}
export function detailOf(id: number): Detail | undefined {
  const known = details.get(id);
  return known ? known.value : void comings.value;
}

/** Put messages into a loaded stream, in order of seq, each once. */
export function addToStream(stream: Stream, items: Message[], asked?: number): void {
  if (!items.length) return;
  batch(() => {
    const held = new Set(stream.ids.peek());
    const fresh = items.filter((message) => !held.has(message.id));
    for (const message of items) putMessage(message, asked);
    if (fresh.length) {
      const ids = [...stream.ids.peek(), ...fresh.map((message) => message.id)];
      stream.ids.value = ids.sort((a, b) => peekMessage(a).seq - peekMessage(b).seq);
    }
  });
}

/** Unread: there is something I have not seen. What I write or do myself moves my mark, see `ownDoing`. */
export function isUnread(thread: Thread): boolean {
  return thread.last_seq > (thread.read_seq ?? (thread.preview?.kind === 'inbound' ? 0 : thread.last_seq));
}

/** The server's rule for my read mark when the feed tells of something that I did, here or in another window: who
 *  writes has read so far; a line about an assignment, a resolve or a cart is no news to who had read all before it. */
export function ownDoing(message: Message): void {
  const read = threads.get(message.thread_id)?.peek().read_seq;
  const wrote = message.kind === 'reply' || message.kind === 'note';
  if (read !== undefined && (wrote ? read < message.seq : read === message.seq - 1)) patchThread(message.thread_id, { read_seq: message.seq });
}

/** The code of system lines that tell of a cart. */
export const CART = 'cart_changed';
/** What a customer does to a cart is told, and is no news to the one who had read all before it. */
export function quietly(message: Message): void {
  const read = threads.get(message.thread_id)?.peek().read_seq;
  if (message.system?.code === CART && read === message.seq - 1) patchThread(message.thread_id, { read_seq: message.seq });
}

export const agentName = (id: number | null | undefined): string => (id == null ? '' : agents.get(id)?.name ?? '');

/** Threads whose messages were numbered anew: the server's next word about what is read replaces ours. */
const renumbered = new Set<number>();
export const distrustRead = (id: number): void => void renumbered.add(id);

/** Forget a thread that this agent may no longer see. */
export function dropThread(id: number): void {
  threads.delete(id);
  details.delete(id);
  streams.delete(id);
  comings.value += 1;
}
