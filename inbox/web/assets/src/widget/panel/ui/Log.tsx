/** The transcript. It stays at its end while one is there, and keeps its place while older pages come in above. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../../core/i18n';
import { older } from '../feed';
import { read } from '../session';
import { hasOlder, isShown, newestTheirs, phase, rating, transcript, typing, unread } from '../store';
import { Bubble, Day } from './Bubble';
import { Contact } from './Contact';
import { Rate } from './Rate';
import { Icon } from './parts';

const NEAR = 48;

export function Log() {
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const anchor = useRef<{ row: Element; top: number } | null>(null);
  const [away, setAway] = useState(false);
  const [loading, setLoading] = useState(false);
  const bubbles = transcript.value;
  const newestOwn = bubbles.reduce((found, bubble, index) => (bubble.mine ? index : found), -1);
  const first = bubbles[0]?.key;

  const toEnd = (): void => { if (box.current) box.current.scrollTop = box.current.scrollHeight; };

  // Older messages push the rest down: the one that was looked at stays where it is.
  useLayoutEffect(() => {
    if (box.current && anchor.current) box.current.scrollTop += anchor.current.row.getBoundingClientRect().top - anchor.current.top;
    anchor.current = null;
  }, [first]);
  useLayoutEffect(() => { if (atEnd.current || bubbles[bubbles.length - 1]?.id === null) toEnd(); }, [bubbles.length, typing.value, rating.value]);
  // Pictures, cards and the keyboard change heights after the fact.
  useEffect(() => {
    const watch = new ResizeObserver(() => { if (atEnd.current) toEnd(); });
    if (box.current) watch.observe(box.current);
    if (inner.current) watch.observe(inner.current);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    const look = (): void => read(atEnd.current);
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [isShown.value, newestTheirs.value, unread.value, away]);

  const more = async (): Promise<void> => {
    const element = box.current;
    if (loading || !hasOlder.peek() || !element) return;
    setLoading(true);
    // Not the first row: it will lose its day and its name.
    const row = element.querySelectorAll('.row')[1];
    await older(() => { anchor.current = row ? { row, top: row.getBoundingClientRect().top } : null; });
    setLoading(false);
  };
  const onScroll = (): void => {
    const element = box.current;
    if (!element || !isShown.peek()) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    setAway(!atEnd.current);
    if (element.scrollTop < 200) void more();
  };

  return (
    <div class="log-wrap">
      <div class="log" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-label={t('Conversation')} aria-busy={phase.value === 'opening' || loading} data-testid="panel-log">
        <div class="log-inner" ref={inner}>
          {hasOlder.value && <button type="button" class="link older" onClick={() => void more()} aria-disabled={loading} data-testid="panel-older">{loading ? t('Loading…') : t('Show earlier messages')}</button>}
          {bubbles.map((bubble, index) => (
            <div key={bubble.key} class="row">
              {bubble.day && <Day at={bubble.at} />}
              <Bubble bubble={bubble} isNewestOwn={index === newestOwn} />
            </div>
          ))}
          <Contact />
          <Rate />
          {typing.value && <p class="typing" role="status" data-testid="panel-typing"><span class="dots" aria-hidden="true"><i /><i /><i /></span><span>{t('{name} is writing', { name: typing.value.name })}</span></p>}
        </div>
      </div>
      {away && <button type="button" class={`jump${unread.value ? ' has-news' : ''}`} onClick={toEnd} aria-label={unread.value ? t('New messages below') : t('To the newest message')} data-testid="panel-jump"><Icon name="down" /></button>}
    </div>
  );
}
