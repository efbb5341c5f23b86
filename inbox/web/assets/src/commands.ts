/** Every command once: its keys, its words, when it can run. Key presses, buttons' hints and the help sheet come from
 *  this table. Single keys act outside text fields only, never with Alt, never during an IME composition. */
import { t } from './core/i18n';
import { me } from './core/page';
import { serverNow } from './core/time';
import { assign, editDelivery, held, toggleStatus } from './store/actions';
import { applyChanges, current, neighbour } from './store/lists';
import { drawer, go, route } from './store/router';
import { markUnread } from './store/thread';
import { toasts, undoLast } from './store/toasts';
import { allUnfolded, assigning, byTestId, choosing, focusComposer, focusRow, focusThread, help, modeOf, singleKeys } from './store/ui';

export interface Command {
  id: string; group: string; keys: string[]; label: string; run: () => void; when?: () => boolean;
}

const LIST = t('List');
const THREAD = t('Thread');
const GO = t('Go to');
const ANY = t('Anywhere');

/** The thread that a key means: the open one, else the row that the keyboard stands on. */
const target = (): number | null => (document.activeElement?.closest('[data-row]') ? current.peek().cursor.peek() : null) ?? route.peek().id;
const onTarget = (work: (id: number) => void) => (): void => {
  const id = target();
  if (id !== null) work(id);
};
const hasTarget = (): boolean => target() !== null;
const isOpen = (): boolean => route.peek().id !== null;

function step(by: 1 | -1): void {
  const id = neighbour(by);
  if (id === null) return;
  current.peek().cursor.value = id;
  focusRow(id);
}

function article(by: 1 | -1): void {
  const all = [...document.querySelectorAll<HTMLElement>('[role=feed] article')];
  const at = all.findIndex((item) => item === document.activeElement);
  const next = all[at < 0 ? all.length - 1 : Math.min(all.length - 1, Math.max(0, at + by))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

export function openThread(id: number): void {
  current.peek().cursor.value = id;
  go({ id });
  focusThread(id);
}

export function compose(mode: 'reply' | 'note'): void {
  const id = target();
  if (id === null) return;
  if (id !== route.peek().id) go({ id });
  modeOf(id).value = mode;
  focusComposer(id, mode);
}

function chooseChannel(): void {
  compose('reply');
  if (target() !== null) choosing.value = true;
}

/** Esc: one level back, from the drawer to the thread, from the thread to its row. */
function back(): void {
  const { id, q } = route.peek();
  if (drawer.peek() && id !== null) {
    drawer.value = false;
    focusThread(id);
    return;
  }
  const single = matchMedia('(max-width: 1023px)').matches;
  if (id !== null && !document.activeElement?.closest('[data-row]')) {
    if (single) go({ id: null });
    requestAnimationFrame(() => focusRow(id));
  } else if (q) {
    go({ q: '' });
  }
}

function undo(): void {
  const id = route.peek().id;
  const message = id === null ? undefined : held(id, serverNow());
  if (toasts.peek().some((toast) => toast.key === 'z')) undoLast();
  else if (message) void editDelivery(message);
}

export function search(): void {
  if (matchMedia('(max-width: 1023px)').matches && isOpen()) go({ id: null });
  requestAnimationFrame(() => byTestId<HTMLInputElement>('search')?.focus());
}

export const COMMANDS: Command[] = [
  { id: 'next', group: LIST, keys: ['j', 'ArrowDown'], label: t('Next thread'), run: () => step(1) },
  { id: 'previous', group: LIST, keys: ['k', 'ArrowUp'], label: t('Previous thread'), run: () => step(-1) },
  { id: 'open', group: LIST, keys: ['o', 'Enter'], label: t('Open'), when: hasTarget, run: onTarget(openThread) },
  { id: 'apply', group: LIST, keys: ['.'], label: t('Apply changes of the list'), run: applyChanges },
  { id: 'reply', group: THREAD, keys: ['r'], label: t('Reply'), when: hasTarget, run: () => compose('reply') },
  { id: 'channel', group: THREAD, keys: ['Shift+R'], label: t('Reply by another channel'), when: hasTarget, run: chooseChannel },
  { id: 'note', group: THREAD, keys: ['n'], label: t('Internal note'), when: hasTarget, run: () => compose('note') },
  { id: 'resolve', group: THREAD, keys: ['e'], label: t('Resolve, or reopen'), when: hasTarget, run: onTarget((id) => void toggleStatus(id)) },
  { id: 'assign', group: THREAD, keys: ['a'], label: t('Assign'), when: hasTarget, run: onTarget((id) => { go({ id }); assigning.value = true; }) },
  { id: 'mine', group: THREAD, keys: ['i'], label: t('Assign to me'), when: hasTarget, run: onTarget((id) => void assign(id, me.id)) },
  { id: 'unread', group: THREAD, keys: ['u'], label: t('Mark as unread'), when: hasTarget, run: onTarget(markUnread) },
  { id: 'unfold', group: THREAD, keys: ['Shift+O'], label: t('Unfold or fold all messages'), when: isOpen, run: () => { allUnfolded.value = !allUnfolded.peek(); } },
  { id: 'message-next', group: THREAD, keys: ['Shift+ArrowDown', 'PageDown'], label: t('Next message'), when: isOpen, run: () => article(1) },
  { id: 'message-previous', group: THREAD, keys: ['Shift+ArrowUp', 'PageUp'], label: t('Previous message'), when: isOpen, run: () => article(-1) },
  { id: 'customer', group: THREAD, keys: [']'], label: t('Customer'), when: isOpen, run: () => { drawer.value = !drawer.peek(); } },
  { id: 'go-mine', group: GO, keys: ['g i'], label: t('Mine'), run: () => go({ view: 'mine', id: null, q: '' }) },
  { id: 'go-unassigned', group: GO, keys: ['g u'], label: t('Unassigned'), run: () => go({ view: 'unassigned', id: null, q: '' }) },
  { id: 'go-waiting', group: GO, keys: ['g w'], label: t('Waiting'), run: () => go({ view: 'waiting', id: null, q: '' }) },
  { id: 'go-open', group: GO, keys: ['g o'], label: t('All open'), run: () => go({ view: 'open', id: null, q: '' }) },
  { id: 'go-drafts', group: GO, keys: ['g d'], label: t('Drafts'), run: () => go({ view: 'drafts', id: null, q: '' }) },
  { id: 'search', group: ANY, keys: ['/'], label: t('Search'), run: search },
  { id: 'undo', group: ANY, keys: ['z'], label: t('Undo the last action'), run: undo },
  { id: 'back', group: ANY, keys: ['Escape'], label: t('Back one level'), run: back },
  { id: 'help', group: ANY, keys: ['?'], label: t('This help'), run: () => { help.value = true; } },
];

const byKey = new Map(COMMANDS.flatMap((command) => command.keys.map((key) => [key, command] as const)));
const prefixes = new Set([...byKey.keys()].filter((key) => key.includes(' ')).map((key) => key.split(' ')[0]));
const NAMES: Record<string, string> = { ArrowDown: '↓', ArrowUp: '↑', Enter: '↵', Escape: 'Esc' };

export const keyName = (key: string): string => key.split(/(?<=.)([+ ])/).map((part) => NAMES[part] ?? (part === ' ' ? ' ' : part)).join('');
/** A command's first key as buttons show it; nothing for a key that is switched off. */
export function hint(id: string): string {
  const key = COMMANDS.find((command) => command.id === id)?.keys[0] ?? '';
  return isSingle(key) && !singleKeys.value ? '' : keyName(key);
}

/** Characters, alone or with Shift: what WCAG 2.1.4 lets people turn off. Named keys (Enter, Esc, arrows) are not. */
export const isSingle = (key: string): boolean => key.replace('Shift+', '').split(' ').every((part) => part.length === 1);

/** The key as our table names it; on layouts without Latin letters by its place on the keyboard. */
export function keyOf(event: KeyboardEvent): string {
  let { key } = event;
  if (key.length === 1 && key.charCodeAt(0) > 127) {
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
    if (letter) key = event.shiftKey ? letter : letter.toLowerCase();
    else if (event.code === 'Slash') key = event.shiftKey ? '?' : '/';
  }
  const shifted = event.shiftKey && (key.length > 1 || (key.toLowerCase() !== key.toUpperCase()));
  return shifted ? `Shift+${key.length === 1 ? key.toUpperCase() : key}` : key;
}

const inText = (element: Element | null): boolean =>
  element instanceof HTMLElement && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));

let pendingPrefix = '';
let prefixTimer: ReturnType<typeof setTimeout> | undefined;

export function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.isComposing || event.keyCode === 229) return;
  const focused = document.activeElement;
  if (document.querySelector('dialog[open]') || focused?.closest('[role=menu]')) return;
  const key = keyOf(event);
  if (!singleKeys.peek() && isSingle(key)) return;
  if (inText(focused)) {
    if (key === 'Escape') leaveText(focused as HTMLElement);
    return;
  }
  // A focused control keeps its own Enter.
  if (key === 'Enter' && focused?.closest('button, summary, a:not([data-row])')) return;
  const command = byKey.get(pendingPrefix ? `${pendingPrefix} ${key}` : key);
  clearTimeout(prefixTimer);
  if (!pendingPrefix && prefixes.has(key)) {
    pendingPrefix = key;
    prefixTimer = setTimeout(() => { pendingPrefix = ''; }, 1200);
    return;
  }
  pendingPrefix = '';
  if (!command || (command.when && !command.when())) return;
  event.preventDefault();
  command.run();
}

/** Esc in a text field leaves it; the draft is kept. */
function leaveText(field: HTMLElement): void {
  const id = route.peek().id;
  field.blur();
  if (field.dataset.testid === 'search' || id === null) {
    const list = current.peek();
    const row = list.cursor.peek() ?? list.shown.peek()[0];
    if (row) focusRow(row);
  } else focusThread(id);
}
