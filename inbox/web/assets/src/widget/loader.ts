/** The one script that a shop's page loads. It puts up the launcher and answers the calls of docs/widget-api.md; until a
 *  visitor opens the panel it asks the network for nothing and keeps nothing. */
import { config, isManual, origin } from './loader/config';
import { type Frame, openFrame } from './loader/frame';
import { type Launcher, type Looks, launch, phone } from './loader/launcher';
import * as memory from './loader/memory';
import { type Claim, type EventName, type Told, type ToHost, type ToPanel, isListed } from './protocol';

interface Wishes extends Looks { key?: string; locale?: string; attributes?: Record<string, unknown> }
type Call = (...args: never[]) => unknown;
type Hear = (data: unknown) => void;
interface Global { (...call: unknown[]): unknown; q?: ArrayLike<unknown>[]; loaded?: boolean }

const NAME = 'Onethread';
const EVENTS = 'ready, open, close, message, unread, identified, csat, error';
const ears = new Map<string, Set<Hear>>();
const warn = (...words: unknown[]): void => console.warn(`${NAME}:`, ...words);
const here = (): Told['page'] => ({ url: location.href, title: document.title, referrer: document.referrer });
/** The shop may steer it; else the page's own language, else the browser's. */
const language = (): string => wishes.locale || document.documentElement.lang || navigator.language;
/** Only what JSON can say crosses over; a mistake is found here, where the shop's call is on the stack. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value ?? {})) as T;

let wishes: Wishes = {};
let told: Told = { identity: null, page: here(), cart: null, attributes: null, prefill: null, theme: config.theme };
let isReady = false;
let launcher: Launcher | null = null;
let frame: Frame | null = null;
let isOpen = false;
/** Opened by a person or a call, not by a page that was left with it open. */
let isPressed = false;
let unwatch = (): void => undefined;

function emit(name: EventName, data?: unknown): void {
  for (const hear of ears.get(name) ?? []) {
    try {
      hear(data);
    } catch (problem) {
      // The shop's own mistake: shown as one, and not allowed to stop us.
      console.error(problem);
    }
  }
}

const send = (message: ToPanel): void => frame?.tell(message);

function tell(change: Partial<Told>): void {
  told = { ...told, ...change };
  send({ type: 'told', told: change });
}

function makeFrame(): void {
  if (frame || !launcher) return;
  const { dialog } = launcher;
  dialog.className = 'opening';
  frame = openFrame(dialog, language(), () => {
    send({ type: 'init', kept: memory.kept(), open: isOpen, focus: isPressed, told });
    told = { ...told, prefill: null };
  }, heard, () => {
    const message = config.texts.failed;
    dialog.className = 'failed';
    dialog.dataset.failed = message;
    emit('error', { code: 'panel', message });
  });
}

function heard(message: ToHost): void {
  switch (message.type) {
    case 'shown':
      if (launcher) launcher.dialog.className = '';
      break;
    case 'close': show(false, true); break;
    case 'keep': memory.keep(message.name, message.value); break;
    case 'unread':
      launcher?.count(message.count);
      emit('unread', message.count);
      break;
    case 'event': emit(message.name, message.data); break;
  }
}

function show(open: boolean, focus: boolean): void {
  if (!launcher || open === isOpen) return;
  isOpen = open;
  isPressed = focus;
  memory.keepOpen(open);
  if (open) makeFrame();
  launcher.show(open);
  send(open ? { type: 'open', focus } : { type: 'close' });
  if (focus) (open ? frame?.element : launcher.button)?.focus({ preventScroll: true });
  emit(open ? 'open' : 'close');
}

/** Later, when the page has nothing else to do. */
function idle(work: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(work, { timeout: 4000 });
  else setTimeout(work, 1500);
}

function wish({ attributes, ...changes }: Wishes): void {
  const before = language();
  wishes = { ...wishes, ...changes };
  tell({ theme: wishes.theme ?? config.theme, ...(attributes && { attributes: { ...told.attributes, ...plain(attributes) } }) });
  launcher?.wear(wishes);
  if (frame && language() !== before) {
    // The panel comes in one language.
    frame.remove();
    frame = null;
    makeFrame();
  }
}

function boot(more: Wishes = {}): void {
  if (more.key && more.key !== config.key) return warn(`this script belongs to the key ${config.key}, not to ${more.key}`);
  if (!isListed(config.domains, location.host)) {
    return warn(`${location.host} is not on this channel's list of domains (${config.domains.join(', ')})`);
  }
  wish(more);
  if (launcher) return;
  launcher = launch(wishes, () => show(!isOpen, true), () => show(false, true));
  unwatch = memory.watch((kept) => {
    send({ type: 'kept', kept });
    if (kept.token) idle(makeFrame);
  });
  if (memory.kept().token) idle(makeFrame);
  // A page later in the same tab: what was open is open again, but the focus belongs to the page.
  if (memory.wasOpen() && !phone.matches) show(true, false);
  // Whoever listens from the next line on hears it, too.
  setTimeout(() => {
    isReady = launcher !== null;
    emit('ready');
  });
}

function shutdown(): void {
  show(false, false);
  unwatch();
  frame?.remove();
  launcher?.remove();
  frame = launcher = null;
  isReady = false;
}

const calls: Record<string, Call> = {
  boot, shutdown,
  open: () => show(true, true),
  close: () => show(false, true),
  toggle: () => show(!isOpen, true),
  hide: () => wish({ hidden: true }),
  show: () => wish({ hidden: false }),
  update: wish,
  identify: (identity: Claim) => tell({ identity: plain(identity) }),
  cart: (cart: Told['cart']) => tell({ cart: plain(cart) }),
  // What the router sets right after its call, title and address, is what is meant.
  page: (page?: Partial<Told['page']>) => void setTimeout(() => tell({ page: { ...here(), ...plain(page) } })),
  prefill: ({ message }: { message: string }) => tell({ prefill: `${message}` }),
  logout: () => {
    told = { ...told, identity: null, cart: null, attributes: null, prefill: null };
    // The panel, which alone talks to the server, lets the session end there.
    if (memory.kept().token) makeFrame();
    send({ type: 'logout' });
  },
  on: (name: EventName, hear: Hear) => {
    if (!EVENTS.split(', ').includes(name) || typeof hear !== 'function') return warn(`"on" takes one of ${EVENTS}, and a function`);
    const set = ears.get(name) ?? new Set();
    ears.set(name, set.add(hear));
    if (name === 'ready' && isReady) setTimeout(() => hear(undefined));
    return () => set.delete(hear);
  },
};

function call(...[name, ...args]: unknown[]): unknown {
  const found = Object.prototype.hasOwnProperty.call(calls, `${name}`) ? calls[`${name}`] : null;
  if (!found) return warn(`there is no call "${name}"`);
  try {
    return found(...args as never[]);
  } catch (problem) {
    return warn(`the call "${name}" was not understood:`, problem);
  }
}

function start(): void {
  const page = window as unknown as Record<string, Global | undefined>;
  const before = page[NAME];
  if (before?.loaded) return warn('the script is on this page twice');
  page[NAME] = Object.assign(call, { loaded: true });
  if (!origin) return warn('load it as a script of its own, from our address');
  const queue = Array.from(before?.q ?? [], (each) => Array.from(each));
  if (!isManual && !queue.some(([name]) => name === 'boot')) boot();
  for (const each of queue) call(...each);
}

// The page may still be on its way when an async script runs; its body tells the direction of writing.
if (document.body) start();
else document.addEventListener('DOMContentLoaded', start);
