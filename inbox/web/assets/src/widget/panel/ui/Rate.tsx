/** How it was: one tap, once, at the end of an episode; a comment if one likes. */
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { t } from '../../../core/i18n';
import { post } from '../api';
import type { Rating } from '../contract';
import { emit } from '../host';
import { nudge } from '../kept';
import { words } from '../session';
import { rating } from '../store';
import { Icon } from './parts';

/** What was rated here; the card says thanks until the page ends, though the server asks no more. */
const given = signal<{ rating: Rating; score: number; isDone: boolean } | null>(null);
const names = (): string[] => [t('Very bad'), t('Bad'), t('In between'), t('Good'), t('Very good')];

export function Rate() {
  const asked = rating.value;
  const done = given.value;
  const [error, setError] = useState('');
  const [comment, setComment] = useState('');
  const shown = asked ?? done?.rating;
  if (!shown) return null;
  const score = done?.rating.episode_id === shown.episode_id ? done.score : shown.score;

  const give = async (value: number, text?: string): Promise<void> => {
    setError('');
    const before = given.peek();
    given.value = { rating: shown, score: value, isDone: text !== undefined };
    try {
      await post('/rating', { episode_id: shown.episode_id, score: value, comment: text || undefined });
      emit('csat', { score: value });
      nudge();
    } catch (problem) {
      given.value = before;
      setError(words(problem));
    }
  };

  return (
    <section class="card rate" aria-labelledby="rate-title" data-testid="panel-rating" data-episode={shown.episode_id}>
      <p id="rate-title"><b>{score ? t('Thank you!') : shown.agent ? t('How did {name} help you?', { name: shown.agent.name }) : t('How was it?')}</b></p>
      <div class="stars" role="radiogroup" aria-labelledby="rate-title">
        {names().map((name, index) => (
          <label key={name} class={score && index < score ? 'is-on' : ''} title={name}>
            <input type="radio" name="score" class="sr" checked={score === index + 1} onChange={() => void give(index + 1)} data-testid={`panel-star-${index + 1}`} />
            <Icon name="star" /><span class="sr">{name}</span>
          </label>
        ))}
      </div>
      {score && !done?.isDone && (
        <form class="rate-comment" onSubmit={(event) => { event.preventDefault(); void give(score, comment.trim()); }}>
          <label for="comment">{t('Anything to add?')}</label>
          <textarea id="comment" rows={2} dir="auto" maxLength={2000} value={comment} onInput={(event) => setComment(event.currentTarget.value)} data-testid="panel-comment" />
          <button type="submit" class="btn" data-testid="panel-comment-send">{t('Send comment')}</button>
        </form>
      )}
      {error && <p class="wrong" role="alert">{error}</p>}
    </section>
  );
}
