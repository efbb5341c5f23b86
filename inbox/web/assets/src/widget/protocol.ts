/** What the loader on the shop's page and the panel in its frame say to one another, and what both know. Each side
 *  looks at origin and source of every message; `onethread` is the version of this protocol. */

export const VERSION = 1;

export type Theme = 'auto' | 'light' | 'dark';
/** Who the shop says is there: a signed token, or the older pair of id and HMAC with facts that nobody signed. */
export type Claim = { token: string } | { user: { id: string; hmac?: string; name?: string; email?: string; phone?: string } };
export interface Page { url: string; title: string; referrer?: string }
/** What both sides are given by the server (shapes.Look). */
export interface Look { key: string; name: string; domains: string[]; accent: string; theme: Theme }

/** All that the shop's page has told so far; a frame that comes later starts with it. */
export interface Told {
  identity: Claim | null;
  page: Page;
  cart: Record<string, unknown> | null;
  attributes: Record<string, unknown> | null;
  prefill: string | null;
  theme: Theme;
}

/** What the panel asks the page to keep, by name. */
export interface Kept { token?: string; draft?: string; outbox?: unknown[]; skipped?: boolean; look?: number }

export type ToPanel =
  /** With `focus` the visitor opened it himself, just now. */
  | { type: 'init'; kept: Kept; open: boolean; focus: boolean; told: Told }
  | { type: 'open'; focus: boolean } | { type: 'close' } | { type: 'logout' }
  /** Another tab of this shop has changed it. */
  | { type: 'kept'; kept: Kept }
  /** Something of `Told` changed. */
  | { type: 'told'; told: Partial<Told> };

export type EventName = 'ready' | 'open' | 'close' | 'message' | 'unread' | 'identified' | 'csat' | 'error';

export type ToHost =
  | { type: 'hello' }
  /** The first picture is painted. */
  | { type: 'shown' }
  | { type: 'close' }
  /** A token that is null forgets everything. */
  | { type: 'keep'; name: keyof Kept; value: unknown }
  | { type: 'unread'; count: number }
  | { type: 'event'; name: EventName; data?: unknown };

export const seal = <T extends object>(message: T): T & { onethread: number } => ({ ...message, onethread: VERSION });
/** Whether something that came by postMessage is of this protocol and version; the caller has looked at where it is from. */
export const isSealed = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && (data as { onethread?: unknown }).onethread === VERSION;

/** Whether a page's host ("shop.example:8443") is on a channel's list. An entry without a port means any port, and
 *  "*." one or more labels. */
export function isListed(domains: readonly string[], host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return domains.some((domain) => {
    const wanted = domain.toLowerCase();
    const given = /:\d+$/.test(wanted) ? host : name;
    return wanted.startsWith('*.') ? given.endsWith(wanted.slice(1)) : given === wanted;
  });
}
