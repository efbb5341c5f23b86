/** The text of an answer: the field itself, the marks that its channel can show, and the further fields of mails. */
import { type RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../core/i18n';
import type { Can } from '../core/types';
import { wrongAddresses } from '../store/answering';
import { type Box, edit, save } from '../store/drafts';
import { Icon } from './parts';

export const MAC = /Mac|iP(hone|ad)/.test(navigator.platform);
type Field = RefObject<HTMLTextAreaElement | null>;

interface TextProps {
  field: Field; box: Box; label: string; placeholder: string; rich: boolean; send: (resolve: boolean) => void; typed: () => void;
  ways: () => void; take: (list: FileList | null | undefined) => void;
}

export function TextField({ field, box, label, placeholder, rich, send, typed, ways, take }: TextProps) {
  const { body } = box.content.value;
  // The text is set only when it differs, so that the caret, an IME composition and the browser's own undo are left alone.
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    if (area.value !== body) area.value = body;
    if (!CSS.supports('field-sizing', 'content')) {
      area.style.blockSize = 'auto';
      area.style.blockSize = `${area.scrollHeight}px`;
    }
  }, [body, box]);
  const keys = (event: KeyboardEvent): void => {
    if (event.altKey || event.isComposing || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    const work = event.key === 'Enter' ? () => send(event.shiftKey)
      : event.shiftKey ? undefined
        : key === 'm' && event.ctrlKey ? ways
          : rich && key === 'b' ? () => mark(field, '**')
            : rich && key === 'i' ? () => mark(field, '_') : undefined;
    if (!work) return;
    event.preventDefault();
    work();
  };
  return (
    <textarea ref={field} key={box.mode} rows={2} dir="auto" aria-label={label} placeholder={placeholder} data-testid="composer-text"
      onInput={(event) => {
        edit(box, { body: event.currentTarget.value });
        typed();
      }}
      onBlur={() => void save(box)} onKeyDown={keys}
      onPaste={(event) => {
        const pasted = event.clipboardData?.files;
        if (pasted?.length && !event.clipboardData?.types.includes('text/plain')) {
          event.preventDefault();
          take(pasted);
        }
      }} />
  );
}

/** Put text in place of the selection, as if typed: the browser's own undo takes it back. */
export function insert(area: HTMLTextAreaElement, text: string): void {
  area.focus();
  if (document.execCommand('insertText', false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
  area.dispatchEvent(new Event('input', { bubbles: true }));
}

/** Put marks around the selection, or take them off again; without one the caret ends up between them. */
function mark(field: Field, sign: string): void {
  const area = field.current;
  if (!area) return;
  const { selectionStart: from, selectionEnd: to, value } = area;
  const chosen = value.slice(from, to);
  const n = sign.length;
  if (chosen && value.slice(from - n, from) === sign && value.slice(to, to + n) === sign) {
    area.setSelectionRange(from - n, to + n);
    insert(area, chosen);
    area.setSelectionRange(from - n, to - n);
    return;
  }
  insert(area, `${sign}${chosen}${sign}`);
  area.setSelectionRange(from + n, to + n);
}

/** Put a sign before every line that the selection touches. */
function before(field: Field, sign: (n: number) => string): void {
  const area = field.current;
  if (!area) return;
  const { value } = area;
  const from = value.lastIndexOf('\n', area.selectionStart - 1) + 1;
  const end = value.indexOf('\n', area.selectionEnd);
  const to = end < 0 ? value.length : end;
  area.setSelectionRange(from, to);
  insert(area, value.slice(from, to).split('\n').map((line, n) => sign(n) + line).join('\n'));
}

function link(field: Field): void {
  const area = field.current;
  if (!area) return;
  const from = area.selectionStart;
  const chosen = area.value.slice(from, area.selectionEnd);
  const address = /^https?:\/\/\S+$/.test(chosen) ? chosen : 'https://';
  const label = chosen && chosen !== address ? chosen : t('text');
  insert(area, `[${label}](${address})`);
  if (address === chosen) area.setSelectionRange(from + 1, from + 1 + label.length);
  else area.setSelectionRange(from + label.length + 3, from + label.length + 3 + address.length);
}

/** Only what the channel can show. */
export function Marks({ field }: { field: Field }) {
  const tools = [
    ['bold', t('Bold'), () => mark(field, '**'), MAC ? '⌘ B' : t('Ctrl B')], ['italic', t('Italic'), () => mark(field, '_'), MAC ? '⌘ I' : t('Ctrl I')],
    ['code', t('Code'), () => mark(field, '`'), ''], ['link', t('Link'), () => link(field), ''],
    ['bullets', t('List'), () => before(field, () => '- '), ''], ['quote', t('Quote'), () => before(field, () => '> '), ''],
  ] as const;
  return (
    <div class="marks" role="group" aria-label={t('Formatting')} data-testid="marks">
      {tools.map(([icon, label, run, key]) => <button key={icon} type="button" class="btn bare icon-only" aria-label={label} title={key ? `${label} (${key})` : label} onClick={run} data-testid={`mark-${icon}`}><Icon name={icon} /></button>)}
    </div>
  );
}

export function MailFields({ box, can, focus }: { box: Box; can: Can; focus: boolean }) {
  const content = box.content.value;
  const first = useRef<HTMLDivElement>(null);
  useEffect(() => { if (focus) first.current?.querySelector('input')?.focus(); }, []);
  const wrong = wrongAddresses(content.cc);
  return (
    <div class="mail-fields" ref={first}>
      {can.cc && <label><span>{t('Cc')}</span><input value={content.cc} onInput={(event) => edit(box, { cc: event.currentTarget.value })} onBlur={() => void save(box)} inputMode="email" autocomplete="off" aria-invalid={wrong.length > 0} aria-describedby={wrong.length ? 'cc-wrong' : undefined} data-testid="cc" /></label>}
      {wrong.length > 0 && <small class="why" id="cc-wrong">{t('Not an address: {list}', { list: wrong.join(', ') })}</small>}
      {can.subject && <label><span>{t('Subject')}</span><input value={content.subject ?? ''} placeholder={t('As in the last mail')} onInput={(event) => edit(box, { subject: event.currentTarget.value || null })} onBlur={() => void save(box)} dir="auto" autocomplete="off" data-testid="subject" /></label>}
    </div>
  );
}
