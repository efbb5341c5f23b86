/** The part of the inbox that is about shops is fetched after the thread; until it is here, others show that they wait. */
import { signal } from '@preact/signals';

export type Shops = typeof import('../ui/commerce/commerce');
export const shops = signal<{ parts: Shops | null; failed: boolean }>({ parts: null, failed: false });
let asked: Promise<void> | null = null;

export function fetchShops(): Promise<void> {
  asked ??= import('../ui/commerce/commerce').then((parts) => {
    shops.value = { parts, failed: false };
  }, (problem: unknown) => {
    // Offline, or a new version is out: the page says so and asks again on demand.
    console.info('not loaded', problem);
    asked = null;
    shops.value = { parts: null, failed: true };
  });
  return asked;
}

const VARIABLE = /\{\{\s*(?:order|customer|agent|cart|shop)\.[a-z_.]+\s*\}\}/;
/** Whether a text has gaps that only the shops' part can fill. */
export const hasVariables = (text: string): boolean => VARIABLE.test(text);
