/** Whether the server is heard, and the call for a new session, which crosses all modules. */
import { signal } from '@preact/signals';
import type { Problem } from './api';
import { appState } from './page';

/** Short breaks are nobody's business, ms. */
const GRACE = 2500;
const THANKS = 2000;

/** `back` is shown for a moment; `refused`: the server is there, and does not want us. */
export const line = signal<'live' | 'cut' | 'back' | 'refused'>('live');

let grace: ReturnType<typeof setTimeout> | undefined;

/** An answer came, whatever it was asked. */
export function heard(): void {
  clearTimeout(grace);
  grace = undefined;
  if (line.peek() !== 'cut' && line.peek() !== 'refused') return;
  line.value = 'back';
  appState('ready');
  setTimeout(() => { if (line.peek() === 'back') line.value = 'live'; }, THANKS);
}

/** Nothing came. Other failures are answers, too. */
export function lost(problem?: Problem): void {
  if (problem && problem.status !== 0) return heard();
  if (grace || line.peek() === 'cut') return;
  grace = setTimeout(() => {
    grace = undefined;
    line.value = 'cut';
    appState('offline');
  }, GRACE);
}

let begin = (): void => undefined;
/** The server no longer knows the session, or everything may be different. */
export const ended = (): void => begin();
export const onEnd = (work: () => void): void => { begin = work; };
