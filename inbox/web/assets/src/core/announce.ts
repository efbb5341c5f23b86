/** Two hidden live regions: polite for what came in (batched for 2 s), assertive for errors. */
import { signal } from '@preact/signals';

export const polite = signal('');
export const assertive = signal('');

let batch: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string): void {
  batch.push(text);
  timer ??= setTimeout(() => {
    polite.value = batch.join('. ');
    batch = [];
    timer = undefined;
  }, 2000);
}

export function alarm(text: string): void {
  assertive.value = '';
  queueMicrotask(() => { assertive.value = text; });
}
