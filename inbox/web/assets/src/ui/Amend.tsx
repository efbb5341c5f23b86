/** The sheets in which a sent reply is changed, or taken back. */
import { useState } from 'preact/hooks';
import { t } from '../core/i18n';
import type { Message } from '../core/types';
import { amend } from '../store/actions';
import { messageOf, threadOf } from '../store/store';
import { amending } from '../store/ui';
import { Sheet } from './Sheet';
import { Icon } from './parts';

export function Amend() {
  const wanted = amending.value;
  return wanted && <Ask key={`${wanted.id}${wanted.change}`} message={messageOf(wanted.id)} change={wanted.change} />;
}

function Ask({ message, change }: { message: Message; change: 'edit' | 'delete' }) {
  // What it says when the sheet opens: news from elsewhere must not change what is being typed.
  const [text, setText] = useState(message.body_text);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const name = threadOf(message.thread_id)?.customer.name.split(' ')[0] ?? '';
  const close = (): void => { amending.value = null; };
  const go = async (): Promise<void> => {
    if (busy || (change === 'edit' && !text.trim())) return;
    setBusy(true);
    setWrong('');
    const found = await amend(message, change === 'edit' ? text.trim() : null);
    setBusy(false);
    if (found) setWrong(found);
    else close();
  };
  const problem = wrong && <p class="notice bad" role="alert" data-testid="amend-wrong"><Icon name="alert" />{wrong}</p>;
  if (change === 'delete') {
    return (
      <Sheet title={t('Take this reply back?')} testid="amend" close={close} footer={<>
        <button type="button" class="btn danger" aria-disabled={busy} onClick={() => void go()} data-testid="amend-go">{busy ? t('Taking it back…') : t('Take back')}</button>
        <button type="button" class="btn main" autofocus onClick={close} data-testid="amend-keep">{t('Keep it')}</button></>}>
        <p>{t('{name} will not see it any more, but may have read it already. Its files are removed here too; what it said stays to be seen by your team.', { name })}</p>
        {problem}
      </Sheet>
    );
  }
  return (
    <Sheet title={t('Change this reply')} testid="amend" close={close} footer={<>
      <button type="button" class="btn" onClick={close} data-testid="amend-keep">{t('Cancel')}</button>
      <button type="button" class="btn main" aria-disabled={busy || !text.trim()} onClick={() => void go()} data-testid="amend-go">{busy ? t('Saving…') : t('Save')}</button></>}>
      <label class="amend"><span>{t('What {name} reads from now on', { name })}</span>
        <textarea rows={8} dir="auto" autofocus value={text} onInput={(event) => setText(event.currentTarget.value)} data-testid="amend-text"
          onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.isComposing) { event.preventDefault(); void go(); } }} /></label>
      {problem}
    </Sheet>
  );
}
