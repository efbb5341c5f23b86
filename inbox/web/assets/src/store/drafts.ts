/** Two drafts per thread, reply and note, which never mix. Saved on the server 800 ms after a pause, on blur and on
 *  hide; until the server has it, a copy stays in this browser. */
import { type Signal, signal } from '@preact/signals';
import { Problem, call, upload } from '../core/api';
import { t } from '../core/i18n';
import { me } from '../core/page';
import { serverNow } from '../core/time';
import type { Answered, Attachment, Detail, Draft, Mode, TemplateChoice } from '../core/types';
import { addresses } from './answering';
import { keys, read, write } from './local';
import { details, patchThread } from './store';

export interface DraftFile {
  key: string; name: string; size: number; media_type: string; id: number | null; url: string | null;
  state: 'uploading' | 'ready' | 'failed'; progress: number; error: string | null;
}
export interface Content {
  body: string; cc: string; subject: string | null; files: DraftFile[];
  /** The way that it is bound to: channel, and the identity or the claimed address that it is meant for. */
  channel: number | null; identity: number | null; claim: number | null;
  /** Another address that the sender asked answers to; only when the agent chose it. */
  replyTo: string | null;
  /** An approved text that goes out by itself; what was typed stays beside it. */
  template: TemplateChoice | null;
  /** The customer's message that was chosen to be answered. */
  answers: Answered | null;
}
export interface Box {
  thread: number; mode: Mode;
  content: Signal<Content>;
  /** What the line under the text says. `kept`: only in this browser so far. */
  mark: Signal<{ state: 'none' | 'dirty' | 'saved' | 'kept'; at: number }>;
  /** True between a send and the server's answer, while the server's copy must stay. */
  held: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
  saving: Promise<void> | null;
  /** When this page last saved it, ms: the feed's echo of that is no news. */
  savedAt: number;
  /** When the server had it, ms: an answer that was asked for before may not know it. */
  settledAt: number;
  /** The draft that it was joined with when two threads became one. */
  into: Box | null;
}

const PAUSE = 800;
const ECHO = 5000;
const ORPHANED = 5000;
const boxes = new Map<string, Box>();
const uploads = new Map<string, { file: File; stop: AbortController }>();
const empty = (): Content => ({ body: '', channel: null, identity: null, claim: null, cc: '', subject: null, files: [], replyTo: null, template: null, answers: null });
const COPIES = `onethread:draft:${me.id}:`;
const copyKey = (box: Pick<Box, 'thread' | 'mode'>): string => `${COPIES}${box.thread}:${box.mode}`;

export const isEmpty = (content: Content): boolean => !content.body.trim() && !content.files.length;
/** Nothing to keep, not even a template or a message that was chosen. */
const isBlank = (content: Content): boolean => isEmpty(content) && content.template === null && content.answers === null;

export function boxOf(thread: number, mode: Mode): Box {
  const key = `${thread}:${mode}`;
  let box = boxes.get(key);
  if (!box) {
    box = { thread, mode, content: signal(empty()), mark: signal({ state: 'none', at: 0 }), held: false, timer: undefined, saving: null, savedAt: 0, settledAt: 0, into: null };
    boxes.set(key, box);
    const copy = read<Content>(copyKey(box));
    if (copy) {
      box.content.value = { ...empty(), ...copy, files: copy.files.filter((file) => file.id !== null) };
      box.mark.value = { state: 'kept', at: serverNow() };
      later(box, 200);
    } else {
      const detail = details.get(thread)?.peek();
      if (detail) adopt(box, detail.drafts[mode]);
    }
  }
  return box;
}

/** Take over what the server had when it was `asked` (ms), unless something newer is in hand here. */
export function adoptAll(detail: Detail, asked: number): void {
  for (const mode of ['reply', 'note'] as const) {
    const box = boxes.get(`${detail.id}:${mode}`);
    if (box && !box.held && !box.saving && box.settledAt < asked && ['none', 'saved'].includes(box.mark.peek().state)) adopt(box, detail.drafts[mode]);
  }
}

export function contentOf(draft: Draft): Content {
  const known = new Map((draft.attachments ?? []).map((file) => [file.id, file]));
  return {
    body: draft.body, channel: draft.channel_id ?? null, identity: draft.to_identity_id ?? null, claim: draft.to_claim_id ?? null, cc: (draft.cc ?? []).join(', '), subject: draft.subject ?? null, replyTo: draft.reply_to ?? null, template: draft.template ?? null, answers: draft.answers ?? null,
    files: (draft.attachment_ids ?? []).map((id) => ready(known.get(id) ?? { id, name: t('Attachment'), size: 0, media_type: '', url: `/api/v1/attachments/${id}` })),
  };
}

function adopt(box: Box, draft: Draft | null): void {
  box.content.value = draft ? contentOf(draft) : empty();
  box.mark.value = draft ? { state: 'saved', at: draft.updated_at ? Date.parse(draft.updated_at) : serverNow() } : { state: 'none', at: 0 };
}

const ready = (file: Attachment): DraftFile => ({
  key: `a${file.id}`, name: file.name, size: file.size, media_type: file.media_type, id: file.id, url: file.url, state: 'ready', progress: 1, error: null,
});

/** The agent changed something. */
export function edit(box: Box, change: Partial<Content>): void {
  box.content.value = { ...box.content.peek(), ...change };
  box.held = false;
  dirty(box);
}

function dirty(box: Box): void {
  box.mark.value = { state: 'dirty', at: serverNow() };
  keepCopy(box);
  later(box, PAUSE);
}

function keepCopy(box: Box): void {
  const { files, ...rest } = box.content.peek();
  write(copyKey(box), { ...rest, files: files.filter((file) => file.id !== null) });
}

function later(box: Box, ms: number): void {
  clearTimeout(box.timer);
  box.timer = setTimeout(() => void save(box), ms);
}

/** Save now if there is something to save. One request at a time per draft; the last content wins. */
export async function save(box: Box, leaving = false): Promise<void> {
  clearTimeout(box.timer);
  if (box.held || !['dirty', 'kept'].includes(box.mark.peek().state)) return;
  if (box.saving && !leaving) {
    await box.saving;
    return save(box);
  }
  const content = box.content.peek();
  const body: Draft = {
    body: content.body, channel_id: content.channel, to_identity_id: content.identity, to_claim_id: content.claim, reply_to: content.replyTo, cc: addresses(content.cc), subject: content.subject, template: content.template, in_reply_to_message_id: content.answers?.id ?? null,
    attachment_ids: content.files.flatMap((file) => file.id ?? []),
  };
  box.savedAt = Date.now();
  box.saving = call<Draft | undefined>('PUT', `/threads/${box.thread}/drafts/${box.mode}`, { body, keepalive: leaving }).then(() => {
    if (box.content.peek() !== content) return;
    write(copyKey(box), null);
    box.mark.value = { state: isBlank(content) ? 'none' : 'saved', at: serverNow() };
    patchThread(box.thread, { draft: hasDraft(box.thread) });
  }).catch((problem: unknown) => {
    if (!(problem instanceof Problem)) throw problem;
    box.mark.value = { state: 'kept', at: serverNow() };
  }).finally(() => {
    box.saving = null;
    box.settledAt = Date.now();
  });
  await box.saving;
}

const hasDraft = (thread: number): boolean =>
  (['reply', 'note'] as const).some((mode) => {
    const box = boxes.get(`${thread}:${mode}`);
    return box ? !isBlank(box.content.peek()) : Boolean(details.get(thread)?.peek().drafts[mode]);
  });

/** Whether the feed tells of a draft only what this page itself has just saved. */
export function isEcho(thread: number, mode: string): boolean {
  const box = boxes.get(`${thread}:${mode}`);
  return box !== undefined && (box.saving !== null || Date.now() - box.savedAt < ECHO);
}

/** Back online, or about to be hidden: whatever is not on the server yet goes there. */
export function saveAll(leaving = false): void {
  for (const box of boxes.values()) void save(box, leaving);
}

/** Empty the composer for a message that is on its way; the server's copy stays until `sent` or `takeBack`. */
export function clear(box: Box): Content {
  const content = box.content.peek();
  clearTimeout(box.timer);
  box.content.value = empty();
  box.mark.value = { state: 'none', at: 0 };
  box.held = true;
  keepCopy(box);
  return content;
}

/** The server has the message: the draft that it was written as can go. */
export function sent(thread: number, mode: Mode): void {
  const box = boxOf(thread, mode);
  if (!box.held) return;
  box.held = false;
  box.mark.value = { state: 'dirty', at: serverNow() };
  void save(box);
}

/** Text and files of an undone or refused message come back; what was begun meanwhile stays below it. */
export function takeBack(thread: number, mode: Mode, content: Content): void {
  const box = boxOf(thread, mode);
  const now = box.content.peek();
  const held = new Set(now.files.map((file) => file.id));
  box.held = false;
  if (content.template) {
    // A template goes out by itself: what was typed beside it is here already.
    edit(box, { channel: content.channel, identity: content.identity, claim: content.claim, template: content.template });
    return;
  }
  box.content.value = {
    template: now.template, answers: content.answers ?? now.answers,
    body: now.body.trim() && now.body !== content.body ? `${content.body}\n\n${now.body}` : content.body,
    ...(content.channel === null ? { channel: now.channel, identity: now.identity, claim: now.claim } : { channel: content.channel, identity: content.identity, claim: content.claim }), cc: content.cc || now.cc, subject: content.subject ?? now.subject, replyTo: content.replyTo,
    files: [...content.files.filter((file) => !held.has(file.id)), ...now.files],
  };
  dirty(box);
}

/** Copies that an earlier page could not save (it was offline, or closed too soon) go to the server: those that nobody
 *  touches for a while, because another tab may be about to save its own. */
export function resumeDrafts(): void {
  const found = new Map(keys(COPIES).map((key) => [key, JSON.stringify(read(key))]));
  setTimeout(() => {
    for (const [key, text] of found) {
      const [thread, mode] = key.slice(COPIES.length).split(':');
      if (JSON.stringify(read(key)) !== text || !Number(thread)) continue;
      if (mode === 'reply' || mode === 'note') boxOf(Number(thread), mode);
    }
  }, ORPHANED);
}

/** Two threads became one: what was begun in the one that is gone goes on in the survivor. Where something was begun
 *  in both, the texts stand one below the other. */
export function moveDrafts(gone: number, survivor: number): void {
  for (const mode of ['reply', 'note'] as const) {
    if (!boxes.has(`${gone}:${mode}`) && !keys(copyKey({ thread: gone, mode })).length) continue;
    const from = boxOf(gone, mode);
    const to = boxes.get(`${survivor}:${mode}`);
    boxes.delete(`${gone}:${mode}`);
    clearTimeout(from.timer);
    write(copyKey(from), null);
    from.thread = survivor;
    if (!to || (isEmpty(to.content.peek()) && !to.saving)) {
      from.held ||= to?.held ?? false;
      clearTimeout(to?.timer);
      boxes.set(`${survivor}:${mode}`, from);
      if (['dirty', 'kept'].includes(from.mark.peek().state)) {
        keepCopy(from);
        later(from, PAUSE);
      }
    } else {
      from.into = to;
      if (!isEmpty(from.content.peek())) takeBack(survivor, mode, from.content.peek());
      from.content.value = empty();
      from.mark.value = { state: 'none', at: 0 };
    }
  }
}

function changeFile(from: Box, key: string, change: Partial<DraftFile>): void {
  const box = from.into ?? from;
  const content = box.content.peek();
  box.content.value = { ...content, files: content.files.map((file) => (file.key === key ? { ...file, ...change } : file)) };
}

export function attach(box: Box, files: Iterable<File>): void {
  for (const file of files) {
    const key = crypto.randomUUID();
    uploads.set(key, { file, stop: new AbortController() });
    box.held = false;
    box.content.value = {
      ...box.content.peek(),
      files: [...box.content.peek().files, { key, name: file.name || t('pasted image'), size: file.size, media_type: file.type, id: null, url: null, state: 'uploading', progress: 0, error: null }],
    };
    void send(box, key);
  }
}

async function send(box: Box, key: string): Promise<void> {
  const job = uploads.get(key);
  if (!job) return;
  try {
    const stored = await upload<Attachment>(job.file, (progress) => changeFile(box, key, { progress }), job.stop.signal);
    uploads.delete(key);
    changeFile(box, key, { ...ready(stored), key });
    dirty(box.into ?? box);
  } catch (problem) {
    if (job.stop.signal.aborted) return;
    const text = problem instanceof Problem && problem.status ? problem.message : t('Not uploaded: no connection');
    changeFile(box, key, { state: 'failed', error: text });
  }
}

export function retryUpload(box: Box, key: string): void {
  changeFile(box, key, { state: 'uploading', error: null, progress: 0 });
  void send(box, key);
}

export function removeFile(box: Box, key: string): void {
  uploads.get(key)?.stop.abort();
  uploads.delete(key);
  const content = box.content.peek();
  box.content.value = { ...content, files: content.files.filter((file) => file.key !== key) };
  dirty(box);
}
