/** A moment to come, on the visitor's own clock. */
import { clock, dayKey, serverNow } from '../../core/time';
import { root } from './page';

const DAY = 86_400_000;
const say = (options: Intl.DateTimeFormatOptions, at: Date): string => new Intl.DateTimeFormat(root.lang, options).format(at);

/** "14:05" today, "tomorrow, 09:00", "Monday 09:00", "3 May, 09:00". */
export function soon(iso: string): string {
  const at = new Date(iso);
  const today = new Date(serverNow()).toISOString();
  const days = Math.round((Date.parse(dayKey(iso)) - Date.parse(dayKey(today))) / DAY);
  if (days <= 0) return clock(iso);
  if (days === 1) return `${new Intl.RelativeTimeFormat(root.lang, { numeric: 'auto' }).format(1, 'day')}, ${clock(iso)}`;
  return days < 7 ? `${say({ weekday: 'long' }, at)} ${clock(iso)}` : `${say({ day: 'numeric', month: 'long' }, at)}, ${clock(iso)}`;
}
