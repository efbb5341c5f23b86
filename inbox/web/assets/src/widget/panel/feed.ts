/** What is new: a socket says that something is, and one request fetches all that changed since our cursor. Where no
 *  socket gets through, the request is repeated by the clock. Nothing is missed, because the cursor only moves with
 *  what came; nothing is doubled, because every message stands under its id. */
import { batch } from '@preact/signals';
import { serverNow } from '../../core/time';
import { Problem, get } from './api';
import type { News, Part, Typing } from './contract';
import { emit } from './host';
import { onKept } from './kept';
import { ended, heard, lost } from './line';
import * as outbox from './outbox';
import { config } from './page';
import { merge } from './rules';
import { hasOlder, isShown, messages, newestTheirs, stand, typing } from './store';
import { type Wire, connect as wireUp } from './wire';

const POLL = { shown: 5000, hidden: 30_000 };
/** A conversation that was alive so recently is followed even while the panel is closed, ms. */
const FRESH = 24 * 3600_000;
const FULL_HOUSE = 60_000;

let token = '';
let cursor = '';
let isFollowing = false;
let isHeld = false;
let wire: Wire | null = null;
let isAsking = false;
let askAgain = false;
let polledAt = 0;
let typingTimer: ReturnType<typeof setTimeout> | undefined;

/** While a session is asked for its token may end, and its picture comes with the answer. */
export const hold = (held: boolean): void => { isHeld = held; };

/** Bring the transcript up to date. Safe to call at any time, and any number of times. */
export async function sync(): Promise<void> {
  if (!cursor || isHeld) return;
  askAgain = true;
  if (isAsking) return;
  isAsking = true;
  try {
    while (askAgain && !isHeld) {
      askAgain = false;
      polledAt = Date.now();
      const asked = cursor;
      const part = await get<Part>(`/messages?since=${encodeURIComponent(asked)}`);
      // A session that began meanwhile brought its own picture.
      if (asked === cursor) {
        take(part);
        askAgain ||= part.more && !part.reset;
      }
    }
    heard();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    lost(problem);
    if (problem.status === 401) ended();
  } finally {
    isAsking = false;
  }
}

function take(part: Part): void {
  cursor = part.cursor;
  const before = newestTheirs.peek();
  batch(() => {
    const held = part.reset ? [] : messages.peek();
    const oldest = held[0]?.id ?? 0;
    // A change far above what is loaded comes with its page.
    const news = part.items.filter((message) => part.reset || !hasOlder.peek() || message.id > oldest || held.some(({ id }) => id === message.id));
    if (part.reset) hasOlder.value = part.more;
    if (news.length || part.reset) messages.value = merge(held, news);
    stand(part);
    outbox.confirm([...part.items.map((message) => message.client_msg_id), ...part.pending.map((item) => item.client_msg_id)]);
  });
  if (newestTheirs.peek() > before) emit('message', { id: newestTheirs.peek(), from: 'agent' });
}

/** Load the page above what is shown; `before` is called when it is about to be. */
export async function older(before: () => void): Promise<void> {
  const first = messages.peek()[0];
  if (!first || !hasOlder.peek()) return;
  try {
    const part = await get<Part>(`/messages?before=${first.id}&limit=30`);
    if (messages.peek()[0]?.id !== first.id) return;
    before();
    batch(() => {
      messages.value = merge(part.items, messages.peek());
      hasOlder.value = part.more;
    });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    lost(problem);
  }
}

/** Shown while somebody writes; the server says until when at most. */
typing.subscribe((now) => {
  clearTimeout(typingTimer);
  if (now) typingTimer = setTimeout(() => { typing.value = null; }, Math.max(0, Date.parse(now.until) - serverNow()));
});

function connect(): void {
  if (wire || !isFollowing) return;
  const newest = messages.peek()[messages.peek().length - 1];
  if (!isShown.peek() && (!newest || serverNow() - Date.parse(newest.at) > FRESH)) return;
  const made = wireUp('/widget', 'widget=1', () => ({ token, key: config.key }), {
    joined: () => void sync(),
    event: (name, data) => {
      if (name === 'typing') typing.value = data as Typing;
      else if (name === 'news') {
        if ((data as News).reload) ended();
        else void sync();
      }
    },
    refused: (reason) => {
      if (reason === 'session_ended') ended();
      else setTimeout(() => { if (wire === made) made.again(); }, FULL_HOUSE);
    },
    // Whether only the socket is gone, or the line.
    cut: () => void sync(),
  });
  wire = made;
}

function hangUp(): void {
  wire?.close();
  wire = null;
}

/** Follow a session from the point that its picture shows. */
export function follow(session: { token: string; cursor: string }, isNew: boolean): void {
  ({ token, cursor } = session);
  isFollowing = true;
  if (isNew) hangUp();
  heard();
  connect();
}

export function stop(): void {
  isFollowing = false;
  cursor = token = '';
  hangUp();
}

/** The panel was opened, the tab looked at, the network came back: look now, not when a pause is over. */
export function wake(): void {
  if (!isFollowing) return;
  connect();
  wire?.again();
  void sync();
  void outbox.drain();
}

setInterval(() => {
  const wait = isShown.peek() ? POLL.shown : POLL.hidden;
  if (wire && !wire.isUp() && Date.now() - polledAt >= wait) void sync();
}, 1000);
addEventListener('online', wake);
addEventListener('offline', () => lost());
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') wake(); });
let looked: number | undefined;
onKept(({ look }) => {
  if (look !== looked) void sync();
  looked = look;
});
