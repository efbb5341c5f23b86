/** What the server bakes into the loader of one channel, in place of `__ONETHREAD__` (shapes.LoaderConfig). */
import type { Look } from '../protocol';

interface Config extends Look {
  position: 'end' | 'start';
  /** Distance from the edges in CSS pixels: inline, block. */
  offset: [number, number];
  texts: { open: string; close: string; unread: string; failed: string };
}

declare const __ONETHREAD__: Config;
export const config = __ONETHREAD__;

const script = document.currentScript as HTMLScriptElement | null;
export const isManual = script?.hasAttribute('data-manual') ?? false;
/** Where this came from; the panel lies beside it. Empty when somebody put the script into a bundle of his own. */
const source = script?.src ?? '';
export const origin = source && new URL(source).origin;
export const panelUrl = (language: string): string => `${new URL(`${config.key}/panel`, source)}?lang=${encodeURIComponent(language)}`;
