/** Dates in the agent's language and time zone, and one clock that ticks for all that show an age. */
import { signal } from '@preact/signals';
import { t } from './i18n';
import { locale, me } from './page';

const timeZone = me?.time_zone ?? undefined;
const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat(locale, { timeZone, ...options });
const CLOCK = format({ hour: 'numeric', minute: '2-digit' });
const CLOCK_S = format({ hour: 'numeric', minute: '2-digit', second: '2-digit' });
const WEEKDAY = format({ weekday: 'short' });
const WEEKDAY_L = format({ weekday: 'long' });
const DAY = format({ day: 'numeric', month: 'short' });
const DAY_L = format({ weekday: 'long', day: 'numeric', month: 'long' });
const DAY_Y = format({ day: 'numeric', month: 'short', year: 'numeric' });
const FULL = format({ dateStyle: 'full', timeStyle: 'short' });
const KEY = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

/** How far the server's clock is ahead of ours, ms; kept by api.ts from its Date header. */
let ahead = 0;
export function serverDate(header: string | null): void {
  const off = header ? Date.parse(header) - Date.now() : NaN;
  if (!Number.isNaN(off)) ahead = Math.abs(off) > 2500 ? off : 0;
}

export const serverNow = (): number => Date.now() + ahead;
/** Ticks every 15 s for ages; `second` every second, only while something counts down. */
export const now = signal(serverNow());
export const second = signal(serverNow());
setInterval(() => { now.value = serverNow(); }, 15_000);

const minutes = (iso: string, at: number): number => Math.max(0, Math.floor((at - Date.parse(iso)) / 60_000));
export const dayKey = (iso: string): string => KEY.format(new Date(iso));
const daysAgo = (iso: string, at: number): number =>
  Math.round((Date.parse(KEY.format(at)) - Date.parse(dayKey(iso))) / 86_400_000);

export const clock = (iso: string | number): string => CLOCK.format(new Date(iso));
/** What time it is somewhere else: "09:14", with the day when it is another one there; null for an unknown zone. */
export function zoneTime(zone: string, at: number): string | null {
  try {
    const time = new Intl.DateTimeFormat(locale, { timeZone: zone, hour: 'numeric', minute: '2-digit' }).format(at);
    const there = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(at);
    return there === KEY.format(at) ? time : `${new Intl.DateTimeFormat(locale, { timeZone: zone, weekday: 'short' }).format(at)} ${time}`;
  } catch {
    return null; // a zone that this browser does not know
  }
}
export const clockSeconds = (at: number): string => CLOCK_S.format(at);
export const full = (iso: string): string => FULL.format(new Date(iso));
export const day = (iso: string): string => (new Date(iso).getFullYear() === new Date(serverNow()).getFullYear() ? DAY : DAY_Y).format(new Date(iso));

/** "now", "12 min", "14:05", "Tue", "3 May", "3 May 2024" for a row. */
export function age(iso: string, at: number): string {
  const min = minutes(iso, at);
  if (min < 1) return t('now');
  if (min < 60) return t('{n} min', { n: min });
  const days = daysAgo(iso, at);
  if (days <= 0) return clock(iso);
  return days < 7 ? WEEKDAY.format(new Date(iso)) : day(iso);
}

/** "12 min", "3 h", "2 d" for a span. */
export function span(iso: string, at: number): string {
  const min = minutes(iso, at);
  if (min < 60) return t('{n} min', { n: Math.max(1, min) });
  return min < 48 * 60 ? t('{n} h', { n: Math.floor(min / 60) }) : t('{n} d', { n: Math.floor(min / 1440) });
}
export const waitedMinutes = minutes;

/** "Today", "Yesterday", "Monday", "Monday, 3 May", "3 May 2024" for a separator. */
export function dayName(iso: string, at: number): string {
  const days = daysAgo(iso, at);
  if (days < 2) {
    const word = relative.format(-Math.max(0, days), 'day');
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  if (days < 7) return WEEKDAY_L.format(new Date(iso));
  return days < 300 ? DAY_L.format(new Date(iso)) : DAY_Y.format(new Date(iso));
}

/** "14:05" today, else "Tue 14:05" or "3 May 14:05". A weekday alone is one of the past week, or tomorrow's: "until Saturday" would be
 *  taken for the last one as well as for the next. */
export function stamp(iso: string, at: number): string {
  const days = daysAgo(iso, at);
  if (days === 0) return clock(iso);
  return `${days >= -1 && days < 7 ? WEEKDAY.format(new Date(iso)) : day(iso)} ${clock(iso)}`;
}
