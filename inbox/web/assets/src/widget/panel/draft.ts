/** What the visitor is about to send: a text that survives a reload, and files that are uploaded as they are chosen. */
import { signal } from '@preact/signals';
import { t } from '../../core/i18n';
import { Problem, mention, upload } from './api';
import type { Stored } from './contract';
import { keep, onKept } from './kept';
import * as outbox from './outbox';
import { root } from './page';
import { newKey } from './rules';
import { limits, phase } from './store';

export interface Chosen { key: string; name: string; size: number; isImage: boolean; stored: Stored | null; state: 'uploading' | 'ready' | 'failed'; progress: number; error: string | null }

const TYPING = 3000;
export const text = signal('');
export const files = signal<Chosen[]>([]);
/** Bytes and the means to stop, while they matter; `preview` is a blob: URL. */
const jobs = new Map<string, { file: File; stop: AbortController; preview: string | null }>();
export const previewOf = (key: string): string | null => jobs.get(key)?.preview ?? null;

let saveTimer: ReturnType<typeof setTimeout> | undefined;
let typedAt = 0;

export function write(value: string): void {
  text.value = value;
  clearTimeout(saveTimer);
  saveTimer = setTimeout(save, 300);
  if (value.trim() && phase.peek() === 'open' && Date.now() - typedAt >= TYPING) {
    typedAt = Date.now();
    // That somebody writes, never what.
    mention('/typing');
  }
}

export const save = (): void => keep('draft', text.peek() || null);

/** The shop's words for a start; what the visitor has begun stays. */
export function prefill(value: string): void {
  if (!text.peek().trim()) write(value);
}

const change = (key: string, fields: Partial<Chosen>): void => {
  files.value = files.peek().map((file) => (file.key === key ? { ...file, ...fields } : file));
};

export function add(list: Iterable<File>): void {
  if (!limits.peek().files) return;
  for (const file of list) {
    const key = newKey();
    const isImage = /^image\/(png|jpeg|gif|webp|avif)$/.test(file.type);
    const most = limits.peek();
    const error = file.size > most.file ? t('Larger than {size}', { size: size(most.file) })
      : files.peek().length >= most.files ? t('No more than {n} files', { n: most.files }) : null;
    jobs.set(key, { file, stop: new AbortController(), preview: isImage && !error ? URL.createObjectURL(file) : null });
    files.value = [...files.peek(), { key, name: file.name || t('Picture'), size: file.size, isImage, stored: null, state: error ? 'failed' : 'uploading', progress: 0, error }];
    if (!error) void run(key);
  }
}

async function run(key: string): Promise<void> {
  const job = jobs.get(key);
  if (!job) return;
  try {
    const stored = await upload<Stored>(job.file, (progress) => change(key, { progress }), job.stop.signal);
    change(key, { stored, state: 'ready', progress: 1 });
  } catch (problem) {
    if (job.stop.signal.aborted) return;
    if (!(problem instanceof Problem)) throw problem;
    change(key, { state: 'failed', error: problem.message });
  }
}

/** False where another try would end the same way. */
export const canRetry = (file: Chosen): boolean => file.size <= limits.value.file && files.value.length <= limits.value.files;

export function retry(key: string): void {
  change(key, { state: 'uploading', error: null, progress: 0 });
  void run(key);
}

function release(key: string): void {
  const job = jobs.get(key);
  job?.stop.abort();
  if (job?.preview) URL.revokeObjectURL(job.preview);
  jobs.delete(key);
}

export function remove(key: string): void {
  release(key);
  files.value = files.peek().filter((file) => file.key !== key);
}

/** Hand it to the outbox; its key, or null when there is nothing to send. */
export function submit(): string | null {
  const body = text.peek().trim();
  const stored = files.peek().flatMap((file) => file.stored ?? []);
  if (!body && !stored.length) return null;
  const key = outbox.send(body, stored);
  forget();
  return key;
}

export function forget(): void {
  files.peek().forEach((file) => release(file.key));
  files.value = [];
  text.value = '';
  typedAt = 0;
  clearTimeout(saveTimer);
  save();
}

/** A message that was refused comes back to be changed. */
export function takeBack(body: string): void {
  write(text.peek().trim() ? `${body}\n${text.peek()}` : body);
}

export function size(of: number): string {
  const units = ['byte', 'kilobyte', 'megabyte'];
  const power = of < 1000 ? 0 : of < 1e6 ? 1 : 2;
  return new Intl.NumberFormat(root.lang, { style: 'unit', unit: units[power], unitDisplay: 'short', maximumFractionDigits: power === 2 && of < 1e7 ? 1 : 0 }).format(of / 1000 ** power);
}

addEventListener('pagehide', save);
// The words go where the visitor is: into every tab but the one that he writes in.
let isKnown = false;
onKept(({ draft }) => {
  if (!isKnown || !document.hasFocus()) text.value = draft ?? '';
  isKnown = true;
});
