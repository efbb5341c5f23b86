/** Numbers in words. */
import { t } from './i18n';
import { locale } from './page';

export function bytes(n: number): string {
  if (n < 1000) return t('{n} B', { n });
  return n < 1_000_000 ? t('{n} kB', { n: Math.round(n / 1000) }) : t('{n} MB', { n: (n / 1_000_000).toFixed(1) });
}

/** A price as a shop's page sent it: a number or a text, with a currency code or without. */
export function money(amount: unknown, currency: string): string {
  if (typeof amount !== 'number' && typeof amount !== 'string') return '';
  const n = Number(amount);
  if (/^[A-Za-z]{3}$/.test(currency) && Number.isFinite(n) && amount !== '') return new Intl.NumberFormat(locale, { style: 'currency', currency }).format(n);
  return [String(amount), currency].filter(Boolean).join(' ');
}
