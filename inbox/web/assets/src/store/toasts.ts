/** Short messages at the foot of the page, with at most one thing to do (undo, try again). */
import { signal } from '@preact/signals';
import { alarm } from '../core/announce';

export interface Toast { id: number; text: string; action: string | null; run: (() => void) | null; key: string | null }
export const toasts = signal<Toast[]>([]);
let last = 0;

export function dismiss(id: number): void {
  toasts.value = toasts.peek().filter((toast) => toast.id !== id);
}

export function toast(text: string, options: { action?: string; run?: () => void; key?: string; error?: boolean } = {}): void {
  const id = ++last;
  toasts.value = [...toasts.peek().slice(-2), { id, text, action: options.action ?? null, run: options.run ?? null, key: options.key ?? null }];
  if (options.error) alarm(text);
  setTimeout(() => dismiss(id), options.action ? 8000 : 4500);
}

/** Take the newest undoable action back (`z`). */
export function undoLast(): void {
  const found = toasts.peek().findLast((toast) => toast.key === 'z');
  if (!found) return;
  dismiss(found.id);
  found.run?.();
}
