/** What the server put into the page: the first snapshot, the catalogue, and settings on <html>. */
import type { Snapshot } from './types';

function json<T>(id: string, fallback: T): T {
  const text = document.getElementById(id)?.textContent;
  return text ? JSON.parse(text) as T : fallback;
}

export const root = document.documentElement;
export const snapshot = json<Snapshot>('snapshot', {} as Snapshot);
/** msgid → text, or the list of plural forms in the catalogue's order. */
export const catalog = json<Record<string, string | string[]>>('catalog', {});
export const locale = root.lang || 'en';
export const icons = root.dataset.icons ?? '';
export const me = snapshot.me;

/** Written on <html> for tests and style: loading until the first paint, then what the connection allows. */
export function appState(state: 'loading' | 'ready' | 'offline' | 'error'): void {
  root.dataset.appState = state;
}

export function setTheme(theme: string): void {
  root.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
}
