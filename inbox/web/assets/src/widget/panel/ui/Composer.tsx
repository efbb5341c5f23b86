/** Where the visitor writes. Enter sends, Shift+Enter breaks the line; files come by button, camera, paste and drag. */
import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../../core/i18n';
import { Problem } from '../api';
import * as draft from '../draft';
import * as outbox from '../outbox';
import { isAddress } from '../rules';
import { words } from '../session';
import { expects, isShown, limits, messages, needsEmail, texts, visitor, wantsFocus } from '../store';
import { soon } from '../when';
import { giveAddress } from './Contact';
import { Icon } from './parts';

const hasTouch = matchMedia('(pointer: coarse)').matches;
/** Outside of hours an address goes with the message: right after it, since nobody is known before he has written. */
const address = signal('');
const addressError = signal('');
let owed: { key: string; address: string } | null = null;

async function give(given: string, tries = 0): Promise<void> {
  addressError.value = '';
  try {
    await giveAddress(given);
  } catch (problem) {
    // The message is kept, but it takes a moment until its writer is somebody.
    if (problem instanceof Problem && problem.code === 'write_first' && tries < 10) {
      setTimeout(() => void give(given, tries + 1), 500);
      return;
    }
    addressError.value = words(problem);
    address.value = given;
  }
}

outbox.onTaken((key) => {
  if (owed?.key !== key) return;
  const { address: given } = owed;
  owed = null;
  void give(given);
});

function ChosenFiles() {
  return (
    <ul class="chosen" aria-label={t('Files to send')}>
      {draft.files.value.map((file) => {
        const preview = draft.previewOf(file.key);
        return (
          <li key={file.key} class={`picked is-${file.state}`} data-testid="panel-chosen" data-state={file.state}>
            {preview ? <img src={preview} alt="" /> : <Icon name={file.state === 'failed' ? 'alert' : 'file'} />}
            <span class="picked-words"><span class="clip"><bdi>{file.name}</bdi></span>
              {file.state === 'failed' ? <small role="alert">{file.error}</small> : <small>{draft.size(file.size)}</small>}</span>
            {file.state === 'uploading' && <progress max={1} value={file.progress} aria-label={t('Uploading {name}', { name: file.name })} />}
            {file.state === 'failed' && draft.canRetry(file) && <button type="button" class="link" onClick={() => draft.retry(file.key)} data-testid="panel-chosen-retry">{t('Try again')}</button>}
            <button type="button" class="tool small" aria-label={file.state === 'uploading' ? t('Cancel the upload of {name}', { name: file.name }) : t('Remove {name}', { name: file.name })} onClick={() => draft.remove(file.key)} data-testid="panel-chosen-remove"><Icon name="x" /></button>
          </li>
        );
      })}
    </ul>
  );
}

/** What keeps the message from going, in words, or "". */
function hindrance(): string {
  if (draft.files.value.some((file) => file.state === 'uploading')) return t('Wait for the upload');
  if (draft.files.value.some((file) => file.state === 'failed')) return t('Remove the file that failed');
  const length = [...draft.text.value.trim()].length;
  return length > limits.value.text ? t('Too long by {n} characters', { n: length - limits.value.text }) : '';
}

function Attach({ chosen }: { chosen: (event: Event) => void }) {
  const pick = useRef<HTMLInputElement>(null);
  const snap = useRef<HTMLInputElement>(null);
  return (
    <>
      <input ref={pick} type="file" multiple hidden onChange={chosen} data-testid="panel-file-input" />
      <button type="button" class="tool" aria-label={t('Attach files')} title={t('Attach files')} onClick={() => pick.current?.click()} data-testid="panel-attach"><Icon name="clip" /></button>
      {hasTouch && (
        <>
          <input ref={snap} type="file" accept="image/*" capture="environment" hidden onChange={chosen} />
          <button type="button" class="tool" aria-label={t('Take a photo')} title={t('Take a photo')} onClick={() => snap.current?.click()} data-testid="panel-camera"><Icon name="camera" /></button>
        </>
      )}
    </>
  );
}

export function Composer() {
  const area = useRef<HTMLTextAreaElement>(null);
  const mail = useRef<HTMLInputElement>(null);
  const [tried, setTried] = useState(false);
  const text = draft.text.value;
  const isEmpty = !text.trim() && !draft.files.value.length;
  const isAway = needsEmail.value === 'required' && !visitor.value.email;
  const lacksAddress = isAway && !isAddress(address.value);
  const wrong = addressError.value || (tried && lacksAddress ? t('Please enter a whole e-mail address.') : '');
  const why = hindrance();

  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    // Set only when it differs: caret, composition and the browser's own undo are left alone.
    if (element.value !== text) element.value = text;
    if (CSS.supports('field-sizing', 'content')) return;
    element.style.blockSize = 'auto';
    element.style.blockSize = `${element.scrollHeight + 2}px`;
  }, [text]);
  useEffect(() => { if (isShown.value && wantsFocus.value) area.current?.focus({ preventScroll: true }); }, [isShown.value, wantsFocus.value]);

  const submit = (): void => {
    setTried(true);
    if (why) return;
    if (lacksAddress && (!isEmpty || address.peek())) return mail.current?.focus();
    if (isEmpty) return isAway && messages.peek().length ? void give(address.peek()) : area.current?.focus();
    const key = draft.submit();
    if (key && isAway) owed = { key, address: address.peek() };
    setTried(false);
    area.current?.focus();
  };
  const take = (list: FileList | null | undefined): void => { if (list?.length) draft.add(list); };
  const chosen = (event: Event): void => {
    const input = event.currentTarget as HTMLInputElement;
    take(input.files);
    input.value = '';
    area.current?.focus();
  };

  return (
    <form class={`composer${isAway ? ' is-away' : ''}`} onSubmit={(event) => { event.preventDefault(); submit(); }} data-testid="panel-composer">
      {isAway && (
        <div class="away" data-testid="panel-offline">
          <p><Icon name="moon" /><span dir="auto">{texts.value.offline || (expects.value.back_at ? t('We are back {when} and answer by e-mail.', { when: soon(expects.value.back_at) }) : t('We answer by e-mail.'))}</span></p>
          <label for="away-email" class="sr">{t('Your e-mail address')}</label>
          <input ref={mail} id="away-email" type="email" autocomplete="email" inputMode="email" dir="ltr" placeholder={t('Your e-mail address')} value={address.value} onInput={(event) => { address.value = event.currentTarget.value; }}
            required aria-invalid={Boolean(wrong)} aria-describedby={wrong ? 'away-error' : undefined} data-testid="panel-offline-email" />
          {wrong && <small class="wrong" id="away-error" role="alert">{wrong}</small>}
        </div>
      )}
      {draft.files.value.length > 0 && <ChosenFiles />}
      <div class="write">
        <textarea ref={area} rows={1} dir="auto" aria-label={t('Your message')} placeholder={t('Write a message…')} enterkeyhint="send" data-testid="panel-input"
          onInput={(event) => draft.write(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
            event.preventDefault();
            submit();
          }}
          onPaste={(event) => {
            const pasted = event.clipboardData?.files;
            if (!pasted?.length || event.clipboardData?.types.includes('text/plain')) return;
            event.preventDefault();
            take(pasted);
          }} />
        {limits.value.files > 0 && <Attach chosen={chosen} />}
        <button type="submit" class="go" aria-label={t('Send')} title={t('Send')} aria-disabled={(isEmpty && !(isAway && address.value)) || Boolean(why)} data-testid="panel-send"><Icon name="send" /></button>
      </div>
      {why && (tried || !isEmpty) && <p class="why" role="status" data-testid="panel-why">{why}</p>}
    </form>
  );
}
