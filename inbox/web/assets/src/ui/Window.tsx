/** How long the customer can still be answered on a channel whose provider closes it some time after their last message. */
import { useEffect } from 'preact/hooks';
import { t } from '../core/i18n';
import { full, now, stamp } from '../core/time';
import type { Way } from '../store/answering';
import { loadDetail } from '../store/thread';
import { Icon } from './parts';

const SOON = 3_600_000;
/** After its end the window is looked at again; the server's clock decides. */
const AFTER = 2_000;

/** "24 h", "7 d" */
const length = (seconds: number): string => (seconds < 48 * 3600 ? t('{n} h', { n: Math.round(seconds / 3600) }) : t('{n} d', { n: Math.round(seconds / 86_400) }));

export function WindowLine({ id, way }: { id: number; way: Way }) {
  const left = way.closes_at === null ? null : Date.parse(way.closes_at) - now.value;
  const counts = way.window === 'open' || way.window === 'late';
  const over = counts && left !== null && left < -AFTER;
  useEffect(() => { if (over) void loadDetail(id); }, [over, way.closes_at]);
  if (!counts || way.closes_at === null || left === null) return null;
  const time = stamp(way.closes_at, now.value);
  const text = way.window === 'late' ? t('A person may still answer until {time}', { time })
    : way.can.reply_window ? t('{span} window: answer until {time}', { span: length(way.can.reply_window), time }) : t('possible until {time}', { time });
  return <p class={`window-line num${way.window === 'late' || left < SOON ? ' warn' : ''}`} title={full(way.closes_at)} data-testid="window" data-window={way.window}><Icon name="hourglass" />{text}</p>;
}
