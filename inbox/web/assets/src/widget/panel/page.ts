/** What the server put into the panel's document. */
import type { Config } from './contract';

export const root = document.documentElement;
export const config = JSON.parse(document.getElementById('config')?.textContent ?? '{}') as Config;

export type AppState = 'loading' | 'ready' | 'offline';
/** Written on <html> for tests. */
export const appState = (state: AppState): void => { root.dataset.appState = state; };
