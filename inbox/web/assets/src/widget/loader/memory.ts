/** What this browser keeps for the shop's own origin: what the panel asks to keep (the visitor's token, a draft), since
 *  a frame of another site often has no storage; and whether this tab had the panel open. Nothing before the first open.
 *  A browser that refuses storage forgets at the end of the page. */
import type { Kept } from '../protocol';
import { config } from './config';

const KEY = `onethread:${config.key}`;
let spare: Kept = {};

function attempt<T>(work: () => T, otherwise: () => T): T {
  try {
    return work();
  } catch {
    // Storage is switched off, full, or holds what is not ours: the page's memory has to do.
    return otherwise();
  }
}

export const kept = (): Kept => attempt(() => JSON.parse(localStorage.getItem(KEY) ?? '{}') as Kept, () => spare);

/** Without a token there is nothing to keep anything for. */
export function keep(name: string, value: unknown): void {
  const next = name === 'token' && value === null ? null : { ...kept(), [name]: value };
  spare = next ?? {};
  attempt(() => (next ? localStorage.setItem(KEY, JSON.stringify(next)) : localStorage.removeItem(KEY)), () => undefined);
}

export const wasOpen = (): boolean => attempt(() => sessionStorage.getItem(KEY) !== null, () => false);
export function keepOpen(open: boolean): void {
  attempt(() => (open ? sessionStorage.setItem(KEY, '1') : sessionStorage.removeItem(KEY)), () => undefined);
}

/** Another tab keeps something else. */
export function watch(changed: (now: Kept) => void): () => void {
  const listen = ({ key }: StorageEvent): void => { if (key === KEY || key === null) changed(kept()); };
  addEventListener('storage', listen);
  return () => removeEventListener('storage', listen);
}
