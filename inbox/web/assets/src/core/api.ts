/** Calls to /api/v1. Every failure is a Problem; status 0 means that nothing was heard (offline, cut, timed out). */
import { snapshot } from './page';
import { serverDate } from './time';

export class Problem extends Error {
  constructor(readonly status: number, readonly slug: string, text: string, readonly body: Record<string, unknown> = {}) {
    super(text);
  }
  /** Worth trying again by itself later: nothing was heard, or the server was busy or restarting. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

const PAUSE = 1000;
let typed = -PAUSE;
let leaving: ReturnType<typeof setTimeout> | undefined;
addEventListener('keydown', () => { typed = performance.now(); }, { capture: true, passive: true });

/** The session is over: sign in again and come back here, as soon as nobody is in the middle of a word. Drafts and the
 *  outbox stay in this browser. */
export function signIn(): void {
  clearTimeout(leaving);
  const rest = typed + PAUSE - performance.now();
  if (rest > 0) {
    leaving = setTimeout(signIn, rest);
    return;
  }
  const next = encodeURIComponent(location.pathname + location.search);
  location.assign(`/login?next=${next}`);
}

export interface CallOptions { body?: unknown; signal?: AbortSignal; keepalive?: boolean; timeout?: number }

export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-CSRF-Token'] = snapshot.csrf;
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  const limits = [AbortSignal.timeout(options.timeout ?? 20_000)];
  if (options.signal) limits.push(options.signal);
  try {
    const response = await fetch(`/api/v1${path}`, {
      method, headers, keepalive: options.keepalive ?? false, credentials: 'same-origin', signal: AbortSignal.any(limits),
      body: options.body === undefined ? null : JSON.stringify(options.body),
    });
    serverDate(response.headers.get('Date'));
    if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
    throw await problemOf(response.status, () => response.json());
  } catch (problem) {
    // The connection may end in the middle of the answer, too.
    if (problem instanceof Problem || options.signal?.aborted) throw problem;
    throw new Problem(0, 'offline', (problem as Error).message);
  }
}

async function problemOf(status: number, read: () => Promise<unknown>): Promise<Problem> {
  let body: Record<string, unknown> = {};
  try {
    body = await read() as Record<string, unknown>;
  } catch {
    // A proxy's error page is not JSON; its status says enough.
  }
  if (status === 401) signIn();
  const slug = String(body['type'] ?? '').split('/').pop() ?? '';
  return new Problem(status, slug, String(body['detail'] ?? body['title'] ?? `HTTP ${status}`), body);
}

/** Upload with progress (fetch cannot tell it); `progress` gets 0…1. */
export function upload<T>(file: File, progress: (part: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/v1/attachments?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('X-CSRF-Token', snapshot.csrf);
    request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
    request.onload = () => {
      if (request.status < 300) done(JSON.parse(request.responseText) as T);
      else void problemOf(request.status, async () => JSON.parse(request.responseText) as unknown).then(fail);
    };
    request.onerror = () => fail(new Problem(0, 'offline', ''));
    signal.addEventListener('abort', () => { request.abort(); fail(signal.reason as Error); });
    request.send(file);
  });
}
