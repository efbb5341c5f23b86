/** What is known, each thing once and behind a signal. Changed by session, outbox and draft; shown by ui. */
import { computed, signal } from '@preact/signals';
import { dayKey } from '../../core/time';
import type { Boot, Link, Message, Needs, Pending, Rating, Standing, Typing, Visitor } from './contract';
import { config } from './page';
import { type Outgoing, bubbles } from './rules';

/** opening: nothing heard of the server yet; open: there is a session. */
export const phase = signal<'opening' | 'open'>('opening');
/** Whether the shop's page shows the panel. */
export const isShown = signal(false);
/** Whether the visitor opened it himself; a page that comes with it open keeps its focus. */
export const wantsFocus = signal(false);

export const team = signal({ name: config.name, agents: config.agents });
export const texts = signal(config.texts);
export const expects = signal(config.expects);
export const limits = signal<Boot['limits']>({ text: 20_000, file: config.file_max, files: config.file_max ? 10 : 0 });
export const visitor = signal<Visitor>({ verified: false, name: null, email: null, email_proved: false });

export const messages = signal<Message[]>([]);
export const pending = signal<Pending[]>([]);
export const outbox = signal<Outgoing[]>([]);
export const hasOlder = signal(false);
export const seen = signal(0);
export const unread = signal(0);
/** Seen here up to this message, whether or not the server knows yet. */
export const readTo = signal(0);
export const typing = signal<Typing | null>(null);
export const needsEmail = signal<Needs>('no');
export const links = signal<Link[]>([]);
export const rating = signal<Rating | null>(null);
/** He may read, and no more. */
export const isBlocked = signal(false);

export const transcript = computed(() => bubbles(messages.value, pending.value, outbox.value, seen.value, dayKey));
/** The newest message of the other side, or 0. */
export const newestTheirs = computed(() => {
  for (let index = messages.value.length - 1; index >= 0; index -= 1) {
    const message = messages.value[index];
    if (message && !message.mine) return message.id;
  }
  return 0;
});

export function stand(news: Standing): void {
  pending.value = news.pending;
  seen.value = Math.max(seen.peek(), news.seen);
  unread.value = newestTheirs.peek() <= readTo.peek() ? 0 : news.unread;
  typing.value = news.typing;
  expects.value = news.expects;
  needsEmail.value = news.needs_email;
  links.value = news.links;
  rating.value = news.rating;
  isBlocked.value = news.blocked;
}

/** Nothing of the visitor before is left on screen. */
export function clear(): void {
  messages.value = [];
  pending.value = [];
  hasOlder.value = false;
  seen.value = unread.value = readTo.value = 0;
  typing.value = rating.value = null;
  isBlocked.value = false;
  visitor.value = { verified: false, name: null, email: null, email_proved: false };
}
