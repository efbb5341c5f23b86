/** What a message said before its author changed it, fetched when somebody wants to see it. */
import { useState } from 'preact/hooks';
import { Problem, call } from '../core/api';
import { t, tn } from '../core/i18n';
import { full, now, stamp } from '../core/time';
import type { Message, Version } from '../core/types';
import { Text } from './Text';

export function Edited({ message }: { message: Message }) {
  const [open, setOpen] = useState(false);
  const [found, setFound] = useState<Version[] | null>(null);
  const [wrong, setWrong] = useState('');
  const at = message.removed_at ?? message.edited_at;
  // What a customer took back is gone, and its line says so already.
  if (!at || (message.removed_at && !message.versions)) return null;
  const load = async (): Promise<void> => {
    setOpen(!open);
    if (open || found?.length === message.versions) return;
    try {
      setFound((await call<{ items: Version[] }>('GET', `/messages/${message.id}/versions`)).items);
      setWrong('');
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      setWrong(problem.status ? problem.message : t('No connection'));
    }
  };
  const time = stamp(at, now.value);
  const words = message.removed_at ? t('taken back {time}', { time }) : t('edited {time}', { time });
  if (!message.versions) return <span class="edited" title={full(at)} data-testid="edited">{words}</span>;
  return (
    <div class="versions">
      <button type="button" class="tool" aria-expanded={open} title={full(at)} onClick={() => void load()} data-testid="edited">{words} · {tn(message.versions, '{n} earlier version', '{n} earlier versions')}</button>
      {open && wrong && <p class="notice bad" role="alert">{wrong}</p>}
      {open && found && <ol role="list">{found.map((version) => (
        <li key={version.id} data-testid="version"><small class="muted">{t('until {time}', { time: stamp(version.replaced_at, now.value) })}</small><div class="bubble old" dir="auto"><Text text={version.body_text} /></div></li>
      ))}</ol>}
    </div>
  );
}
