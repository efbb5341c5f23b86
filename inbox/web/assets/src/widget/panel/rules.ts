/** What follows from what, without state, network or looks. */
import type { Message, Pending, Person, Stored } from './contract';

/** A message on its way from this browser. */
export interface Outgoing {
  key: string; body: string; files: Stored[]; at: string;
  state: 'waiting' | 'sending' | 'failed';
  error: string | null;
}

export type State = 'waiting' | 'sending' | 'failed' | 'sent' | 'delivered' | 'read';

/** What a bubble shows, wherever it comes from. `key` stays the same from the first key press to the read mark. */
export interface Bubble {
  key: string; id: number | null; mine: boolean; author: Person | null; body: string; html: string | null; files: Stored[]; at: string;
  state: State | null; error: string | null; edited: boolean; removed: boolean; answers: string;
  /** Begins a day; begins and ends a run of one person within a few minutes. */
  day: boolean; first: boolean; last: boolean;
}

const RUN = 5 * 60_000;

/** Held messages with news over them, by ascending id: what is new is added, what is known replaced. */
export function merge(held: readonly Message[], news: readonly Message[]): Message[] {
  const byId = new Map(held.map((message) => [message.id, message]));
  for (const message of news) byId.set(message.id, message);
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

/** Everything there is to see, once each: in the thread, kept by the server, still here. */
export function bubbles(messages: readonly Message[], pending: readonly Pending[], outbox: readonly Outgoing[], seen: number, dayOf: (iso: string) => string): Bubble[] {
  const all: Bubble[] = messages.map((message) => ({
    key: message.client_msg_id ?? `m${message.id}`, id: message.id, mine: message.mine, author: message.author, body: message.body, html: message.html,
    files: message.files, at: message.at, state: message.mine ? (message.id <= seen ? 'read' : message.state ?? 'delivered') : null, error: null,
    edited: message.edited, removed: message.removed, answers: message.answers?.body ?? '', day: false, first: false, last: false,
  }));
  const known = new Set(all.map((bubble) => bubble.key));
  const own = (key: string, from: Pending | Outgoing, state: State, error: string | null): void => {
    if (known.has(key)) return;
    known.add(key);
    all.push({
      key, id: null, mine: true, author: null, body: from.body, html: null, files: from.files, at: from.at, state, error,
      edited: false, removed: false, answers: '', day: false, first: false, last: false,
    });
  };
  for (const item of pending) own(item.client_msg_id, item, 'sent', null);
  for (const item of outbox) own(item.key, item, item.state, item.error);
  all.forEach((bubble, index) => {
    const before = all[index - 1];
    bubble.day = !before || dayOf(before.at) !== dayOf(bubble.at);
    bubble.first = bubble.day || !before || !isRun(before, bubble);
    if (before) before.last = bubble.first;
    bubble.last = true;
  });
  return all;
}

function isRun(one: Bubble, next: Bubble): boolean {
  return one.mine === next.mine && one.author?.name === next.author?.name && Math.abs(Date.parse(next.at) - Date.parse(one.at)) < RUN;
}

export const initials = (name: string): string => {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.map((word) => [...(word ?? '')][0] ?? '').join('').toLocaleUpperCase();
};

/** Good enough to spare a round trip; the server decides. */
export const isAddress = (text: string): boolean => /^[^\s@]+@[^\s@]+\.[^\s@.]{2,}$/.test(text.trim());

export function newKey(): string {
  // Only secure pages have randomUUID; a shop's test system may not be one.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
