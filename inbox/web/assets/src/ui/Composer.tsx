/** Writing: reply and note are two drafts that never mix; the channel never changes by itself. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../core/i18n';
import { firstName } from '../core/names';
import { bytes } from '../core/numbers';
import { clock } from '../core/time';
import type { Detail, Mode } from '../core/types';
import { submit, submitTemplate } from '../store/actions';
import { type Way, binding, blocked, bound, counter, isClaim, isLost, isRich, takesTemplates, uploading, usual, wayKey } from '../store/answering';
import { type Box, type DraftFile, attach, boxOf, edit, isEmpty, removeFile, retryUpload, save } from '../store/drafts';
import { shops } from '../store/lazy';
import { fillIn, unfilled, withValues } from '../store/variables';
import { iType } from '../store/presence';
import { detailOf, threadOf } from '../store/store';
import { choosing, focusComposer, modeOf } from '../store/ui';
import { Answering, drop } from './Answered';
import { MAC, MailFields, Marks, TextField } from './Field';
import { Preview, SplitNote, previewing, useParts } from './Preview';
import { Sheet } from './Sheet';
import { Templates } from './Templates';
import { Banners, Via } from './Via';
import { WindowLine } from './Window';
import { Icon, Kbd } from './parts';

export function Composer({ id }: { id: number }) {
  const mode = modeOf(id);
  const box = boxOf(id, mode.value);
  const detail = detailOf(id);
  const name = firstName(threadOf(id)?.customer.name ?? '');
  const content = box.content.value;
  const { ways, way, fresh, lost } = useWay(detail, box);
  const [over, setOver] = useState(0);
  const [fields, setFields] = useState(false);
  const [asking, setAsking] = useState<{ resolve: boolean } | null>(null);
  const files = useRef<HTMLInputElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const note = mode.value === 'note';
  const why = note ? uploading(content) : lost ? t('Choose where it goes') : blocked(detail, way, content) ?? unfilled(id, content.body);
  const approved = !note && takesTemplates(way);
  const parts = useParts(id, content.body, note || approved ? undefined : way);
  const empty = approved ? content.template === null : isEmpty(content);

  useEffect(() => () => { void save(boxOf(id, 'reply')); void save(boxOf(id, 'note')); }, [id]);
  useEffect(() => () => { choosing.value = false; }, []);

  const canFields = !note && !approved && way && (way.can.cc || way.can.subject);
  const showFields = fields || content.cc !== '' || content.subject !== null;
  const rich = note || isRich(way);
  const Insert = shops.value.parts?.InsertMenu;

  const go = (resolve: boolean): void => {
    setAsking(null);
    setFields(false);
    if (approved && way) submitTemplate(id, way, resolve);
    else {
      if (!note) fillIn(box);
      submit(id, mode.peek(), way, resolve && !note);
    }
  };
  const send = (resolve = false): void => {
    // Keys may be faster than the next painting: what counts is what the draft holds now.
    if (why || (!approved && isEmpty(box.content.peek()))) return;
    if (!note && !approved && unfilled(id, box.content.peek().body)) return;
    if (!note && isClaim(way)) setAsking({ resolve });
    else go(resolve);
  };
  const take = (list: FileList | null | undefined): void => { if (list?.length && !approved && (note || way?.can.attachments !== false)) attach(box, list); };
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

  return (
    <form class={`composer${note ? ' is-note' : ''}${over > 0 ? ' is-over' : ''}`} data-testid="composer" data-thread={id} data-mode={mode.value} aria-label={note ? t('Internal note') : t('Reply')}
      onSubmit={(event) => { event.preventDefault(); send(); }}
      onKeyDown={(event) => { if (event.key === 'Escape' && !event.isComposing && !event.defaultPrevented && !note && box.content.peek().answers) { event.preventDefault(); drop(box); } }}
      onDragEnter={(event) => { if (hasFiles(event)) { event.preventDefault(); setOver(over + 1); } }}
      onDragLeave={() => setOver(Math.max(0, over - 1))}
      onDragOver={(event) => { if (hasFiles(event)) event.preventDefault(); }}
      onDrop={(event) => { event.preventDefault(); setOver(0); take(event.dataTransfer?.files); }}>
      <div class="top">
        <Modes id={id} mode={mode.value} />
        {note ? <strong class="note-head" data-testid="note-heading"><Icon name="lock" />{t('Internal note – {name} will not see this', { name })}</strong>
          : <Via detail={detail} ways={ways} box={box} way={way} name={name} open={choosing} />}
        <span class="grow" />
        {canFields && !showFields && <button type="button" class="tool more-fields" onClick={() => setFields(true)} data-testid="mail-fields">{[way.can.cc ? t('Cc') : '', way.can.subject ? t('Subject') : ''].filter(Boolean).join(' · ')}</button>}
      </div>
      {!note && <Banners box={box} way={way} fresh={fresh} lost={lost} name={name} />}
      {!note && way && <WindowLine id={id} way={way} />}
      {!note && parts && parts.length !== 1 && <SplitNote parts={parts} />}
      {!note && !approved && <Answering box={box} way={lost ? undefined : way} />}
      {canFields && showFields && <MailFields box={box} can={way.can} focus={fields} />}
      {!note && way && !approved && previewing.value && !empty && <Preview text={withValues(id, content.body)} parts={parts} way={way} name={name} />}
      {approved && way ? <Templates box={box} way={way} name={name} send={send} /> : <TextField field={field} box={box} rich={rich} send={send} take={take} ways={() => { choosing.value = !note; }} typed={() => { if (!note && way && !isClaim(way)) iType(id, way.channel_id); }}
        label={note ? t('Internal note, {name} will not see it', { name }) : t('Reply to {name}', { name })} placeholder={note ? t('Write to your colleagues…') : t('Write to {name}…', { name })} />}
      {!approved && <Files box={box} />}
      <div class="foot">
        <input ref={files} type="file" multiple hidden data-testid="file-input" onChange={(event) => { take(event.currentTarget.files); event.currentTarget.value = ''; }} />
        {!approved && <button type="button" class="btn bare icon-only" aria-label={t('Attach files')} title={t('Attach files')} disabled={!note && way?.can.attachments === false} onClick={() => files.current?.click()} data-testid="attach"><Icon name="paperclip" /></button>}
        {!note && !approved && Insert && <Insert thread={id} />}
        {approved ? null : rich ? <Marks field={field} /> : way && <span class="plain-hint" data-testid="plain-hint">{t('{channel} shows plain text', { channel: way.title })}</span>}
        {!note && !approved && <button type="button" class="btn bare icon-only" aria-pressed={previewing.value} aria-label={t('As {name} sees it', { name })} title={t('As {name} sees it', { name })} onClick={() => { previewing.value = !previewing.peek(); }} data-testid="preview-toggle"><Icon name="eye" /></button>}
        <span class="grow" />
        {!note && !approved && <Counter way={way} text={content.body} />}
        {why && !empty ? <span class="why" role="status" data-testid="blocked">{why}</span> : <DraftMark box={box} />}
        <button type="submit" class={`btn main${note ? ' note' : ''}`} aria-disabled={Boolean(why) || empty} data-testid="send" title={why ?? undefined}>
          {note ? t('Add note') : t('Send')}<Kbd keys={MAC ? '⌘ ↵' : t('Ctrl ↵')} />
        </button>
      </div>
      {asking && <AskClaim way={way} name={name} close={() => setAsking(null)} send={() => go(asking.resolve)} />}
    </form>
  );
}

/** The way that was chosen, or the usual one. `fresh`: the customer has since written on another one. `lost`: the address
 *  that was chosen is gone, and `way` is only what could take its place. */
function useWay(detail: Detail | undefined, box: Box): { ways: Way[]; way: Way | undefined; fresh: Way | undefined; lost: boolean } {
  const ways = detail?.channels ?? [];
  const first = usual(ways);
  const content = box.content.value;
  const begun = !isEmpty(content);
  const chosen = bound(ways, content);
  // The first words bind the draft to the way that was shown when they were written.
  useEffect(() => {
    if (begun && content.channel === null && first && box.mode === 'reply') edit(box, binding(first));
  }, [begun, content.channel, first && wayKey(first)]);
  const gone = isLost(ways, content);
  const lost = begun && gone;
  // Of a draft that is meant for nobody here the nearest way is shown, which the agent has to take.
  const way = gone ? begun && chosen?.usable ? chosen : first : chosen ?? first;
  return { ways, way, lost, fresh: begun && !lost && first?.default && way && wayKey(first) !== wayKey(way) ? first : undefined };
}

function Modes({ id, mode }: { id: number; mode: Mode }) {
  const set = (next: Mode) => (): void => {
    void save(boxOf(id, mode));
    modeOf(id).value = next;
    focusComposer(id, next);
  };
  const other = boxOf(id, mode === 'note' ? 'reply' : 'note').content.value;
  const dot = !isEmpty(other) && <span class="dot" title={t('There is a draft')}><span class="sr">{t('There is a draft')}</span></span>;
  return (
    <div class="seg" role="group" aria-label={t('What to write')}>
      <button type="button" aria-pressed={mode === 'reply'} onClick={set('reply')} data-testid="mode-reply">{t('Reply')}{mode === 'note' && dot}</button>
      <button type="button" aria-pressed={mode === 'note'} onClick={set('note')} data-testid="mode-note">{t('Note')}{mode === 'reply' && dot}</button>
    </div>
  );
}

function Files({ box }: { box: Box }) {
  const { files } = box.content.value;
  if (!files.length) return null;
  return <ul role="list" class="files" aria-label={t('Attachments of the draft')}>{files.map((file) => <FileItem key={file.key} box={box} file={file} />)}</ul>;
}

function FileItem({ box, file }: { box: Box; file: DraftFile }) {
  return (
    <li class={`file ${file.state}`} data-testid="draft-file" data-state={file.state}>
      <Icon name={file.state === 'failed' ? 'alert' : file.media_type.startsWith('image/') ? 'image' : 'file'} />
      <span class="clip" title={file.name}><bdi>{file.name}</bdi></span>
      {file.state === 'failed' ? <small role="alert">{file.error}</small> : <small class="num">{file.size ? bytes(file.size) : ''}</small>}
      {file.state === 'uploading' && <progress max={1} value={file.progress} aria-label={t('Uploading {name}', { name: file.name })} />}
      {file.state === 'failed' && <button type="button" class="tool" onClick={() => retryUpload(box, file.key)} data-testid="file-retry">{t('Retry')}</button>}
      <button type="button" class="remove" aria-label={file.state === 'uploading' ? t('Cancel the upload of {name}', { name: file.name }) : t('Remove {name}', { name: file.name })} onClick={() => removeFile(box, file.key)} data-testid="file-remove"><Icon name="x" /></button>
    </li>
  );
}

function Counter({ way, text }: { way: Way | undefined; text: string }) {
  const found = counter(text, way);
  return found && <span class={`counter num${found.over && !way?.can.splits ? ' over' : ''}`} role="status" data-testid="counter">{found.text}</span>;
}

function DraftMark({ box }: { box: Box }) {
  const { state, at } = box.mark.value;
  const text = state === 'saved' ? t('Draft saved {time}', { time: clock(at) }) : state === 'kept' ? t('Draft kept in this browser') : '';
  return <span class="draft-mark num" data-testid="draft-mark" data-state={state}>{text}</span>;
}

/** Nobody has proved that the address is the customer's: it is asked every time. */
function AskClaim({ way, name, close, send }: { way: Way | undefined; name: string; close: () => void; send: () => void }) {
  const address = way?.to?.address ?? '';
  return (
    <Sheet title={t('This address is not proved')} testid="claim-ask" close={close} footer={<>
      <button type="button" class="btn" onClick={send} data-testid="claim-send">{t('Send anyway')}</button>
      <button type="button" class="btn main" autofocus onClick={close} data-testid="claim-back">{t('Do not send')}</button></>}>
      <p>{t('{name} said that {address} is theirs, but nobody has proved it: it may belong to somebody else. Send anyway?', { name, address })}</p>
      <p class="muted">{t('When an answer comes from there, the address counts as proved.')}</p>
    </Sheet>
  );
}
