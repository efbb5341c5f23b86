/** One message: whose it is, what it says, its files, and how far it got. */
import { useState } from 'preact/hooks';
import { t } from '../../../core/i18n';
import { clock, dayName, full, now } from '../../../core/time';
import type { Stored } from '../contract';
import { takeBack } from '../draft';
import * as outbox from '../outbox';
import type { Bubble as Shown, State } from '../rules';
import { fromHtml, fromText } from '../safe';
import { FileLink, Lightbox, Picture } from './Files';
import { Face, Icon, type IconName } from './parts';

function stateOf(state: State): [IconName, string] {
  switch (state) {
    case 'waiting': return ['clock', t('Will be sent')];
    case 'sending': return ['clock', t('Sending')];
    case 'sent': return ['check', t('Sent')];
    case 'delivered': return ['checks', t('Delivered')];
    case 'read': return ['checks', t('Read')];
    case 'failed': return ['alert', t('Not sent')];
  }
}

function Body({ bubble }: { bubble: Shown }) {
  if (bubble.removed) return <p class="words is-removed">{t('This message was removed')}</p>;
  if (!bubble.body && !bubble.html) return null;
  return bubble.html
    ? <div class="words is-rich" dir="auto" data-testid="panel-text">{fromHtml(bubble.html)}</div>
    : <p class="words" dir="auto" data-testid="panel-text">{fromText(bubble.body)}</p>;
}

function Failed({ bubble }: { bubble: Shown }) {
  return (
    <div class="failed" role="alert" data-testid="panel-failed">
      <span>{bubble.error ?? t('Not sent')}</span>
      <button type="button" class="link" onClick={() => outbox.retry(bubble.key)} data-testid="panel-retry">{t('Try again')}</button>
      <button type="button" class="link" onClick={() => { outbox.discard(bubble.key); takeBack(bubble.body); }} data-testid="panel-take-back">{t('Change')}</button>
      <button type="button" class="link" onClick={() => outbox.discard(bubble.key)} data-testid="panel-discard">{t('Delete')}</button>
    </div>
  );
}

export function Bubble({ bubble, isNewestOwn }: { bubble: Shown; isNewestOwn: boolean }) {
  const [large, setLarge] = useState<{ file: Stored; url: string } | null>(null);
  const { mine, author, state } = bubble;
  const who = mine ? t('You') : author?.name ?? t('Support');
  const shows = state && (isNewestOwn || state === 'failed' || state === 'waiting' || state === 'sending');
  const [icon, word] = state ? stateOf(state) : (['check', ''] as [IconName, string]);
  return (
    <article class={`turn${mine ? ' is-mine' : ''}${bubble.first ? ' is-first' : ''}${bubble.last ? ' is-last' : ''}`} data-testid="panel-message" data-mine={mine} data-state={state ?? ''} data-id={bubble.id ?? ''} data-key={bubble.key}>
      {!mine && bubble.last && <Face person={author ?? { name: who, photo: null }} />}
      <div class="turn-main">
        {bubble.first && !mine && <p class="who"><bdi>{who}</bdi></p>}
        {bubble.first && mine && <p class="sr">{who}</p>}
        {bubble.answers && <blockquote class="answers" dir="auto" data-testid="panel-answers"><span class="sr">{t('Answer to')} </span>{bubble.answers}</blockquote>}
        <Body bubble={bubble} />
        {bubble.files.length > 0 && !bubble.removed && (
          <div class="files">{bubble.files.map((file) => (file.image
            ? <Picture key={file.id} file={file} show={(url) => setLarge({ file, url })} />
            : <FileLink key={file.id} file={file} />))}</div>
        )}
        {state === 'failed' && <Failed bubble={bubble} />}
        {(bubble.last || shows) && (
          <p class="fact">
            {bubble.edited && !bubble.removed && <span>{t('Edited')}</span>}
            {bubble.last && <time dateTime={bubble.at} title={full(bubble.at)}>{clock(bubble.at)}</time>}
            {shows && <span class={`state is-${state}`} data-testid="panel-state"><Icon name={icon} />{word}</span>}
          </p>
        )}
      </div>
      {large && <Lightbox {...large} close={() => setLarge(null)} />}
    </article>
  );
}

export const Day = ({ at }: { at: string }) => <p class="day" data-testid="panel-day"><span>{dayName(at, now.value)}</span></p>;
