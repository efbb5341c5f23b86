/** Who the visitor is to the server, and what the shop's page tells of him: the session is begun with the page's token
 *  or without, begun again when the shop says who he is, and forgotten on logout. */
import { batch, effect } from '@preact/signals';
import { t } from '../../core/i18n';
import type { Told, ToPanel } from '../protocol';
import { Problem, mention, post, setToken } from './api';
import type { Boot } from './contract';
import * as draft from './draft';
import * as feed from './feed';
import { emit, listen, tellHost } from './host';
import { adopt, keep, nudge } from './kept';
import { heard, line, lost, onEnd } from './line';
import * as outbox from './outbox';
import { appState, root } from './page';
import { clear, hasOlder, isBlocked, isShown, limits, messages, newestTheirs, phase, readTo, stand, team, texts, unread, visitor, wantsFocus } from './store';
import { wear } from './theme';

const READ_PAUSE = 600;
const RETRY = 4000;
const REFUSED = 60_000;

let told: Told | null = null;
let token: string | null = null;
/** Counts changes of who is there; an answer to a question from before is not for us any more. */
let epoch = 0;
let isAsking = false;
let askAgain = false;
let hurry = (): void => undefined;

const sleep = (ms: number): Promise<void> => new Promise((done) => { setTimeout(done, ms); });
const pause = (ms: number): Promise<void> => new Promise((done) => {
  hurry = done;
  setTimeout(done, ms);
});

/** Ask for a session until there is one. One question at a time: its answer may bring another token, and the one before
 *  ends with that. */
export async function begin(): Promise<void> {
  askAgain = true;
  hurry();
  if (isAsking) return;
  isAsking = true;
  feed.hold(true);
  outbox.hold(true);
  for (let tries = 0; askAgain;) {
    askAgain = false;
    const mine = epoch;
    const sent = told;
    try {
      const boot = await post<Boot>('/session', request(sent));
      tries = 0;
      heard();
      if (mine === epoch) accept(boot, sent);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      lost(problem);
      if (!problem.passing) {
        // The channel was taken away, or the page may not hold it. Perhaps it is mended while the page is open.
        line.value = 'refused';
        emit('error', { code: problem.code, message: problem.message });
      }
      await pause(Math.max(problem.waitSeconds * 1000, problem.passing ? 0 : REFUSED, Math.min(20_000, 700 * 2 ** tries) * (0.75 + Math.random() / 2)));
      tries += 1;
      askAgain = true;
    }
  }
  isAsking = false;
  feed.hold(false);
  outbox.hold(false);
}

function request(now: Told | null): Record<string, unknown> {
  const { identity, page, cart, attributes } = now ?? {};
  return {
    token: token ?? undefined, locale: root.lang, page, cart: cart ?? undefined, attributes: attributes ?? undefined,
    ...(identity && ('token' in identity ? { jwt: identity.token } : { user: identity.user })),
  };
}

/** A session begins, or goes on as somebody more certain. */
export function accept(boot: Boot, sent: Told | null = told): void {
  epoch += 1;
  const held = messages.peek();
  const newest = held[held.length - 1];
  // Somebody else's session shows nothing of what was here; then nothing that was written here may go out in it either.
  if (newest && !boot.messages.some((message) => message.id === newest.id)) forget();
  const isNew = token !== boot.token;
  token = boot.token;
  setToken(token);
  keep('token', token);
  batch(() => {
    team.value = boot.team;
    texts.value = boot.texts;
    limits.value = boot.limits;
    visitor.value = boot.visitor;
    messages.value = boot.messages;
    hasOlder.value = boot.more;
    stand(boot);
    phase.value = 'open';
  });
  appState('ready');
  const { state, code, detail } = boot.identity;
  if (state === 'verified') emit('identified', { name: boot.visitor.name, email: boot.visitor.email });
  if (state === 'refused') emit('error', { code, message: detail });
  feed.follow({ token: boot.token, cursor: boot.cursor }, isNew);
  void outbox.drain();
  // What the page said while we asked.
  if (told && sent && told !== sent) pass({ page: told.page, cart: told.cart, attributes: told.attributes }, sent);
}

function forget(): void {
  clear();
  outbox.forget();
  draft.forget();
}

function logout(isOurs: boolean): void {
  epoch += 1;
  if (token && isOurs) mention('/logout');
  feed.stop();
  token = null;
  setToken(null);
  batch(forget);
  phase.value = 'opening';
  if (isOurs) keep('token', null);
  if (told) told = { ...told, identity: null, cart: null, attributes: null };
  if (isShown.peek()) void begin();
}

/** Tell the server what changed of what the page says. */
function pass(change: Partial<Told>, before: Told): void {
  if (isBlocked.peek()) return;
  for (const name of ['page', 'cart', 'attributes'] as const) {
    if (change[name] && change[name] !== before[name]) mention(`/${name}`, change[name]);
  }
}

/** Shops say on every page who is there, which is mostly the same. */
const isNews = (now: unknown, before: unknown): boolean => Boolean(now) && JSON.stringify(now) !== JSON.stringify(before);

function hear(message: ToPanel): void {
  switch (message.type) {
    case 'init':
      ({ told } = message);
      token = message.kept.token ?? null;
      adopt(message.kept);
      if (told.prefill !== null) draft.prefill(told.prefill);
      wear(told.theme);
      wantsFocus.value = message.focus;
      isShown.value = message.open;
      tellHost({ type: 'shown' });
      if (token || message.open) void begin();
      break;
    case 'open':
      wantsFocus.value = message.focus;
      isShown.value = true;
      if (phase.peek() === 'opening') void begin();
      else feed.wake();
      break;
    case 'close': isShown.value = false; break;
    case 'logout': logout(true); break;
    case 'kept': {
      const other = message.kept.token ?? null;
      adopt(message.kept);
      if (other === token) break;
      if (other === null) logout(false);
      else {
        epoch += 1;
        token = other;
        void begin();
      }
      break;
    }
    case 'told': {
      const before = told;
      if (!before) break;
      told = { ...before, ...message.told };
      if (message.told.theme) wear(message.told.theme);
      if (typeof message.told.prefill === 'string') draft.prefill(message.told.prefill);
      if (isNews(message.told.identity, before.identity) && (token || isShown.peek())) void begin();
      else if (phase.peek() === 'open') pass(message.told, before);
      break;
    }
  }
}

/** What somebody sees is read: the panel is shown, in a visible tab, and the newest message in view. */
export function read(isAtEnd: boolean): void {
  const newest = newestTheirs.peek();
  if (!isAtEnd || !isShown.peek() || document.visibilityState !== 'visible' || !unread.peek() || newest <= readTo.peek()) return;
  readTo.value = newest;
  unread.value = 0;
  void tellRead();
}

let isTelling = false;
/** One request at a time, and not one for each of many answers. */
async function tellRead(): Promise<void> {
  if (isTelling) return;
  isTelling = true;
  for (let told = 0; readTo.peek() > told;) {
    const upTo = readTo.peek();
    try {
      await post('/read', { message_id: upTo });
      told = upTo;
      nudge();
      await sleep(READ_PAUSE);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.passing) await sleep(Math.max(problem.waitSeconds * 1000, RETRY));
      else told = upTo;
    }
  }
  isTelling = false;
}

export function start(): void {
  onEnd(() => { if (!isAsking) void begin(); });
  addEventListener('online', () => hurry());
  effect(() => tellHost({ type: 'unread', count: unread.value }));
  listen(hear);
}

/** Errors of what a person asked for, in words. */
export const words = (problem: unknown): string => {
  if (!(problem instanceof Problem)) throw problem;
  return problem.status === 0 ? t('No connection. Please try again.') : problem.message;
};
