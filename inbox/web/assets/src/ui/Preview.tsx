/** The answer as its reader will see it, in as many messages as the network makes of it. */
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { Problem, call } from '../core/api';
import { t, tn } from '../core/i18n';
import { type Way, isRich, isTooLong } from '../store/answering';
import { Formatted } from './Formatted';
import { Icon } from './parts';

const PAUSE = 500;
/** Whether the agent wants to see it; stays as chosen from thread to thread. */
export const previewing = signal(false);

/** The messages as which a long text would go, asked of the server after a pause in typing; null while unknown. */
export function useParts(thread: number, text: string, way: Way | undefined): string[] | null {
  const [parts, setParts] = useState<{ text: string; channel: number; items: string[] } | null>(null);
  const long = way !== undefined && way.can.splits && isTooLong(text, way);
  useEffect(() => {
    if (!long) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      call<{ parts: string[] }>('POST', `/threads/${thread}/parts`, { body: { channel_id: way.channel_id, body: text }, signal: stop.signal })
        .then(({ parts: items }) => setParts({ text, channel: way.channel_id, items }))
        .catch((problem: unknown) => {
          if (!stop.signal.aborted && !(problem instanceof Problem)) throw problem;
          // Offline or refused: the number stays unknown, and sending says what is wrong.
        });
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [long, text, way?.channel_id, thread]);
  if (!long) return null;
  return parts?.text === text && parts.channel === way.channel_id ? parts.items : [];
}

export function SplitNote({ parts }: { parts: string[] }) {
  return (
    <div class="banner info" role="status" data-testid="split-note"><Icon name="info" />
      <span class="banner-text">{parts.length === 0 ? t('Longer than one message here: it will be sent as several.') : tn(parts.length, 'It will be sent as one message.', 'It will be sent as {n} messages.')}</span>
      <button type="button" class="btn bare small" aria-expanded={previewing.value} onClick={() => { previewing.value = !previewing.peek(); }} data-testid="split-preview">{previewing.value ? t('Hide the preview') : t('Preview')}</button></div>
  );
}

export function Preview({ text, parts, way, name }: { text: string; parts: string[] | null; way: Way; name: string }) {
  // The server cuts a long text and gives its pieces without marks.
  const items = parts?.length ? parts : [text];
  const rich = isRich(way) && items.length === 1;
  return (
    <section class="preview-pane" aria-label={t('As {name} sees it', { name })} data-testid="preview" tabIndex={0}>
      <h3>{t('As {name} sees it', { name })}</h3>
      {items.map((part, index) => <div class="bubble" key={index} dir="auto" data-testid="preview-part">{rich ? <Formatted text={part} /> : part}</div>)}
    </section>
  );
}
