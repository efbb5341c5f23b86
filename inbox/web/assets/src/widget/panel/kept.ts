/** What outlives the page: kept by the shop's page for us, because browsers often give a frame of another site no storage
 *  of its own. Every tab of the shop sees the same. */
import type { Kept } from '../protocol';
import { tellHost } from './host';

let kept: Kept = {};
let ears: ((now: Kept) => void)[] = [];

export const recall = (): Kept => kept;

export function keep<Name extends keyof Kept>(name: Name, value: Kept[Name] | null): void {
  if (value === null && !(name in kept)) return;
  const { [name]: _, ...rest } = kept;
  kept = name === 'token' && value === null ? {} : value === null ? rest : { ...rest, [name]: value };
  tellHost({ type: 'keep', name, value: value ?? (name === 'token' ? null : undefined) });
}

/** Called with what was kept before, and whenever another tab changes it. */
export const onKept = (hear: (now: Kept) => void): void => { ears = [...ears, hear]; };

export function adopt(now: Kept): void {
  kept = now;
  ears.forEach((hear) => hear(now));
}

/** The other tabs look again. */
export const nudge = (): void => keep('look', Date.now());
