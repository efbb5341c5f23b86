/** Calls to /widget/v1/<key>. Every failure is a Problem; status 0 means that nothing was heard. */
import { t } from '../../core/i18n';
import { serverDate } from '../../core/time';
import { config } from './page';

export class Problem extends Error {
  constructor(readonly status: number, readonly code: string, text: string, readonly waitSeconds = 0) {
    super(text);
  }
  /** Worth trying again by itself later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

const base = `/widget/v1/${config.key}`;
const LIMIT = 20_000;
let token: string | null = null;
export const setToken = (value: string | null): void => { token = value; };

function problemOf(status: number, text: string, retryAfter: string | null): Problem {
  let said: { code?: string; detail?: string; title?: string } = {};
  try {
    said = JSON.parse(text) as typeof said;
  } catch {
    // A proxy's error page is not JSON; its status says enough.
  }
  return new Problem(status, said.code ?? '', said.detail || said.title || t('That did not work. Please try again.'), Number(retryAfter) || 0);
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  // A session is asked for with the token in the body: it may have ended.
  const used = path.endsWith('/session') ? null : token;
  if (used) headers.set('Authorization', `Bearer ${used}`);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), LIMIT);
  try {
    const response = await fetch(path, { ...init, headers, credentials: 'omit', signal: stop.signal });
    serverDate(response.headers.get('Date'));
    // The session got another token while the request was on its way.
    if (response.status === 401 && used !== token && token) return await ask(path, init);
    if (!response.ok) throw problemOf(response.status, await response.text(), response.headers.get('Retry-After'));
    return response;
  } catch (problem) {
    if (problem instanceof Problem) throw problem;
    throw new Problem(0, 'offline', t('No connection'));
  } finally {
    clearTimeout(timer);
  }
}

export async function get<T>(path: string): Promise<T> {
  const response = await ask(base + path, {});
  try {
    return await response.json() as T;
  } catch {
    throw new Problem(0, 'offline', t('No connection'));
  }
}

/** The answer, or undefined where there is none (204). */
export async function post<T = void>(path: string, body: unknown = {}): Promise<T> {
  const response = await ask(base + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), keepalive: path === '/read' });
  try {
    return (response.status === 204 ? undefined : await response.json()) as T;
  } catch {
    throw new Problem(0, 'offline', t('No connection'));
  }
}

/** What nobody waits for: it is said again soon, or does not matter. */
export function mention(path: string, body: unknown = {}): void {
  post(path, body).catch((problem: unknown) => {
    if (!(problem instanceof Problem)) throw problem;
    console.info('panel: not told', path, problem.code);
  });
}

/** Bytes of a file. Only we may have them, so an <img> cannot fetch them by itself. */
export const bytes = async (url: string): Promise<Blob> => (await ask(url, {})).blob();

/** Upload with progress, 0 to 1, which fetch cannot tell. */
export function upload<T>(file: File, progress: (part: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open('POST', `${base}/files?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    if (token) request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
    request.onload = () => {
      if (request.status < 300) done(JSON.parse(request.responseText) as T);
      else fail(problemOf(request.status, request.responseText, request.getResponseHeader('Retry-After')));
    };
    request.onerror = () => fail(new Problem(0, 'offline', t('Not uploaded: no connection')));
    signal.addEventListener('abort', () => { request.abort(); fail(signal.reason as Error); });
    request.send(file);
  });
}
