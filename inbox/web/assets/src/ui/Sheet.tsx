/** Modal sheet on the browser's own <dialog>: focus stays inside, Esc closes, focus returns. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../core/i18n';
import { Icon } from './parts';

interface Props { title: string; testid: string; close: () => void; children: ComponentChildren; footer?: ComponentChildren }

export function Sheet({ title, testid, close, children, footer }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby={`${testid}-title`} data-testid={testid}
      onCancel={(event) => { event.preventDefault(); close(); }}
      onClick={(event) => { if (event.target === dialog.current) close(); }}>
      <header>
        <h2 id={`${testid}-title`}>{title}</h2>
        <button type="button" class="btn bare icon-only" aria-label={t('Close')} onClick={close} data-testid={`${testid}-close`}><Icon name="x" /></button>
      </header>
      <div class="body" tabIndex={0}>{children}</div>
      {footer && <footer>{footer}</footer>}
    </dialog>
  );
}
