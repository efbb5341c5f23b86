/** Pure decisions of the composer: which way an answer goes, and whether a channel takes what was written. */
import { t, tn } from '../core/i18n';
import { bytes } from '../core/numbers';
import type { Answered, Detail, Identity, Message, ReplyChannel } from '../core/types';
import type { Content } from './drafts';
import { chosenOf, missing } from './templates';

export type Way = ReplyChannel;

/** Names a way: a channel may reach the same customer at several addresses. */
export const wayKey = (way: Way): string => `${way.channel_id}/${way.to?.identity_id ?? ''}/${way.to?.claim_id ?? ''}`;
export const isClaim = (way: Way | undefined): boolean => way?.to?.claim_id != null;

/** Nobody has proved that the address is the customer's: he only claimed it, or a message only says so while he is
 *  better known by another one. */
export const isDoubtful = (way: Way, identities: Identity[]): boolean => isClaim(way)
  || (way.to?.level === 'claimed' && identities.some((each) => each.level === 'verified' || each.level === 'mail_auth'));

/** Where an answer goes that nobody has directed yet: by the channel of the last inbound. Where none can be used, the
 *  first that reaches the customer at all stands for them, to say why. */
export function usual(ways: Way[]): Way | undefined {
  const own = ways.filter((way) => way.to && !isClaim(way));
  const usable = own.filter((way) => way.usable);
  return usable.find((way) => way.default) ?? usable.find((way) => !takesTemplates(way)) ?? usable[0] ?? own[0];
}

/** The ways after a message of the customer: the one by which it came is the usual one now, and can be used again where
 *  only silence kept it closed. What else the message changes, the server's next answer tells. */
export function afterInbound(ways: Way[], message: Message): Way[] {
  const same = ways.filter((way) => way.channel_id === message.channel_id && way.to && !isClaim(way));
  const came = same.find((way) => way.to?.address === message.author.address) ?? (same.length === 1 ? same[0] : undefined);
  if (!came) return ways;
  return ways.map((way) => (way === came ? { ...way, default: true, usable: true, ...fresh(way) } : { ...way, default: false }));
}

/** The provider counts anew from a message; until when, the server tells. */
const fresh = (way: Way): Partial<Way> => (way.window && way.window !== 'open' ? { reason: null, window: 'open', closes_at: null } : way.usable ? {} : { reason: null });

const leads = (way: Way, content: Content): boolean => (way.to?.identity_id ?? null) === content.identity && (way.to?.claim_id ?? null) === content.claim;

/** The way that a draft is bound to; undefined when it is bound to none, or to one that is gone. */
export function bound(ways: Way[], content: Content): Way | undefined {
  if (content.channel === null) return undefined;
  const same = ways.filter((way) => way.channel_id === content.channel);
  return same.find((way) => leads(way, content)) ?? same.find((way) => way.usable && !isClaim(way)) ?? same[0];
}

/** The draft was meant for an address that is not with this customer any more. */
export const isLost = (ways: Way[], content: Content): boolean =>
  ways.length > 0 && content.channel !== null && (content.identity !== null || content.claim !== null)
  && !ways.some((way) => way.channel_id === content.channel && leads(way, content));

export const binding = (way: Way): Pick<Content, 'channel' | 'identity' | 'claim'> =>
  ({ channel: way.channel_id, identity: way.to?.identity_id ?? null, claim: way.to?.claim_id ?? null });

/** A message as an answer to it shows it. */
export const answered = (message: Message): Answered => ({
  id: message.id, thread_id: message.thread_id, seq: message.seq, channel_id: message.channel_id, author: message.author.name ?? message.author.address ?? '', address: message.author.address ?? null, text: message.body_text.slice(0, 300),
});

/** The way by which a message of the customer's can be answered as such. */
export function wayTo(ways: Way[], message: Pick<Answered, 'channel_id' | 'address'>): Way | undefined {
  const same = ways.filter((way) => way.channel_id === message.channel_id && way.can.answers && way.usable && way.to && !isClaim(way) && !takesTemplates(way));
  return same.find((way) => way.to?.address === message.address) ?? (same.length === 1 ? same[0] : undefined);
}

export const isRich = (way: Way | undefined): boolean => way?.can.formats.includes('html') ?? false;

/** Length in the unit in which the network counts. */
export function measure(text: string, way: Way): number {
  switch (way.can.text_unit) {
    case 'bytes': return new TextEncoder().encode(text).length;
    case 'utf16': return text.length;
    default: return [...text].length;
  }
}

export function isTooLong(text: string, way: Way): boolean {
  const limit = way.can.text_max;
  return limit !== null && text.length > limit / 4 && measure(text, way) > limit;
}

/** "3 900 of 4 096" from 80 % of the limit on, with the unit by which the network counts. */
export function counter(text: string, way: Way | undefined): { text: string; over: boolean } | null {
  const limit = way?.can.text_max;
  if (!way || !limit || text.length < limit * .2) return null;
  const n = measure(text, way);
  if (n < limit * .8) return null;
  const vars = { n, limit };
  const words = way.can.text_unit === 'bytes' ? t('{n} of {limit} bytes', vars)
    : way.can.text_unit === 'utf16' ? t('{n} of {limit} UTF-16 units', vars) : t('{n} of {limit} characters', vars);
  return { text: words, over: n > limit };
}

const ADDRESS = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;
export const addresses = (text: string): string[] => text.split(/[,;\s]+/).map((part) => part.trim()).filter(Boolean);
export const wrongAddresses = (text: string): string[] => addresses(text).filter((address) => !ADDRESS.test(address));

/** What of the draft's files a channel does not take, in words; null when all is well. */
export function filesTrouble(content: Content, way: Way): string | null {
  if (!content.files.length) return null;
  const { attachments, attachment_max: largest, attachments_max: most } = way.can;
  if (!attachments) return t('{channel} takes no files', { channel: way.title });
  if (most !== null && content.files.length > most) return tn(most, '{channel} takes one file per message', '{channel} takes {n} files per message', { channel: way.title });
  const big = largest === null ? undefined : content.files.find((file) => file.size > largest);
  return big && largest !== null ? t('{name} is too large: {channel} takes {size}', { name: big.name, channel: way.title, size: bytes(largest) }) : null;
}

/** Why a reply cannot go now, in words; null when it can. */
export function blocked(detail: Detail | undefined, way: Way | undefined, content: Content): string | null {
  const files = uploading(content);
  if (files) return files;
  if (!detail) return t('Loading…');
  if (!way) return t('No channel reaches this customer');
  if (!way.usable) return way.reason ?? t('This channel cannot be used now');
  if (takesTemplates(way)) return templateTrouble(way, content);
  if (wrongAddresses(content.cc).length) return t('An address in Cc is not complete');
  return filesTrouble(content, way) ?? (!way.can.splits && isTooLong(content.body, way) ? t('Too long for {channel}', { channel: way.title }) : null);
}

/** The provider takes nothing but approved texts now. */
export const takesTemplates = (way: Way | undefined): boolean => way?.window === 'templates';

function templateTrouble(way: Way, content: Content): string | null {
  const template = chosenOf(way.channel_id, content.template);
  if (!template || !content.template) return t('Choose a template');
  const gap = missing(template, content.template)[0];
  return gap === undefined ? null : t('Fill “{gap}”', { gap });
}

export function uploading(content: Content): string | null {
  if (content.files.some((file) => file.state === 'uploading')) return t('Wait for the upload');
  return content.files.some((file) => file.state === 'failed') ? t('A file was not uploaded') : null;
}
