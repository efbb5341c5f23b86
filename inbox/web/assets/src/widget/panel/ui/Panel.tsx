/** The panel: who answers, what was said, where to write. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../../core/i18n';
import * as draft from '../draft';
import { tellHost } from '../host';
import { line } from '../line';
import { isBlocked, outbox } from '../store';
import { Composer } from './Composer';
import { Header } from './Header';
import { Log } from './Log';

function Strip() {
  const state = line.value;
  if (state === 'live') return null;
  const text = state === 'refused' ? t('The chat is not available just now.') : state === 'back' ? t('Connected again') : outbox.value.length ? t('No connection. Your message will be sent.') : t('No connection. Trying again…');
  return <p class={`strip is-${state}`} role="status" data-testid="panel-strip" data-state={state}>{text}</p>;
}

export function Panel() {
  const depth = useRef(0);
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const close = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.isComposing && !document.querySelector('dialog[open]')) tellHost({ type: 'close' });
    };
    document.addEventListener('keydown', close);
    return () => document.removeEventListener('keydown', close);
  }, []);
  const hasFiles = (event: DragEvent): boolean => Boolean(event.dataTransfer?.types.includes('Files')) && !isBlocked.value;
  return (
    <main class={`panel${isOver ? ' is-over' : ''}`} data-testid="panel"
      onDragEnter={(event) => { if (hasFiles(event)) { event.preventDefault(); depth.current += 1; setOver(true); } }}
      onDragLeave={() => { depth.current = Math.max(0, depth.current - 1); if (!depth.current) setOver(false); }}
      onDragOver={(event) => { if (hasFiles(event)) event.preventDefault(); }}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        if (event.dataTransfer?.files.length) draft.add(event.dataTransfer.files);
      }}>
      <Header />
      <Strip />
      <Log />
      {isBlocked.value ? <p class="closed" role="status" data-testid="panel-blocked">{t('This chat is closed.')}</p> : <Composer />}
      {isOver && <p class="drop" aria-hidden="true">{t('Drop files to send them')}</p>}
    </main>
  );
}
