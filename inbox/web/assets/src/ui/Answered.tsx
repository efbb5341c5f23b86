/** Which message a reply answers: above the composer, where it can be dropped, and in the bubble, from where it is found. */
import { useEffect, useState } from 'preact/hooks';
import { t } from '../core/i18n';
import type { Answered } from '../core/types';
import type { Way } from '../store/answering';
import { type Box, edit } from '../store/drafts';
import { focusComposer } from '../store/ui';
import { goTo } from '../store/thread';
import { Icon } from './parts';

const head = (answers: Answered): string => answers.text.replace(/\s+/g, ' ').trim().slice(0, 160);

/** In a bubble: press to go there. */
export function AnsweredLine({ answers, thread }: { answers: Answered; thread: number }) {
  return (
    <button type="button" class="answered" onClick={() => goTo(thread, answers.seq)} title={t('Go to this message')} data-testid="answered">
      <span class="sr">{t('Answer to')}</span><b dir="auto">{answers.author}</b><span class="clip" dir="auto">{head(answers) || t('No text')}</span></button>
  );
}

/** Above what is being written. The choice is dropped, and that is said, when the way leads elsewhere. */
export function Answering({ box, way }: { box: Box; way: Way | undefined }) {
  const { answers } = box.content.value;
  const [dropped, setDropped] = useState<Answered | null>(null);
  const lost = answers !== null && way !== undefined && !leadsTo(way, answers);
  useEffect(() => {
    if (!lost) return;
    setDropped(answers);
    edit(box, { answers: null });
  }, [lost]);
  useEffect(() => { if (answers && !lost) setDropped(null); }, [answers, lost]);
  if (answers && !lost) {
    return (
      <div class="answering" data-testid="answering"><Icon name="reply" /><span class="clip" id="answering"><span class="sr">{t('Answer to')} </span><b dir="auto">{answers.author}</b> <span dir="auto">{head(answers) || t('No text')}</span></span>
        <button type="button" class="remove" aria-label={t('Do not answer this message')} title={`${t('Do not answer this message')} (Esc)`} onClick={() => drop(box)} data-testid="answering-drop"><Icon name="x" /></button></div>
    );
  }
  return dropped && (
    <div class="banner" role="status" data-testid="answering-dropped"><Icon name="info" /><span class="banner-text">{t('This goes another way, so it is no answer to “{text}” any more.', { text: head(dropped) || dropped.author })}</span>
      <button type="button" class="btn bare small" onClick={() => setDropped(null)}>{t('Close')}</button></div>
  );
}

export function drop(box: Box): void {
  edit(box, { answers: null });
  focusComposer(box.thread, 'reply');
}

const leadsTo = (way: Way, answers: Answered): boolean => way.channel_id === answers.channel_id && way.can.answers && way.to?.claim_id == null
  && (!answers.address || !way.to || way.to.address === answers.address);
