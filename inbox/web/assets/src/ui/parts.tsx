/** Small parts used everywhere: icon, avatar, channel mark, time, wait pill. */
import { useState } from 'preact/hooks';
import { t } from '../core/i18n';
import { icons, snapshot } from '../core/page';
import { age, full, now, span, stamp } from '../core/time';
import type { Agent, Level, Mark, Thread } from '../core/types';
import { target, urgency } from '../store/rules';
import { channels } from '../store/store';

const FLIPS = new Set(['back', 'chevron-right', 'send', 'log-out', 'undo', 'reply']);
export const Icon = ({ name }: { name: string }) =>
  <svg class={FLIPS.has(name) ? 'icon flips' : 'icon'} aria-hidden="true"><use href={`${icons}#${name}`} /></svg>;

/** The mark of a kind of channel or address, as its adapter gives it; any other is drawn as a plain message. */
const mark = (kind: string): Mark | undefined => snapshot.marks[kind];
export const colour = (kind: string): Record<string, string> => ({ '--c': mark(kind)?.colour ?? 'var(--other)' });
export const KindIcon = ({ kind }: { kind: string }) => {
  const found = mark(kind);
  return found?.draw ? <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={found.draw} /></svg> : <Icon name={found?.icon ?? 'message'} />;
};

export function initials(name: string): string {
  const words = name.replace(/[^\p{L}\p{N}\s]/gu, ' ').split(/\s+/).filter(Boolean);
  const first = [...(words[0] ?? '?')][0] ?? '?';
  const last = words.length > 1 ? [...(words.at(-1) ?? '')][0] ?? '' : '';
  return (first + last).toLocaleUpperCase();
}

function hue(name: string): number {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return sum;
}

export function Avatar({ name, text, size, kind }: { name: string; text?: string | undefined; size?: number; kind?: string | undefined }) {
  return (
    <span class="avatar" aria-hidden="true" style={{ '--hue': String(hue(name)), ...(size ? { '--size': `${size}px` } : {}) }}>
      {text ?? initials(name)}
      {kind && <span class="badge" style={colour(kind)}><KindIcon kind={kind} /></span>}
    </span>
  );
}

/** A colleague's picture, or his initials. */
export function AgentMark({ agent, size }: { agent: Pick<Agent, 'name'> & Partial<Agent>; size: number }) {
  const [broken, setBroken] = useState('');
  return agent.photo && agent.photo !== broken
    ? <img class="avatar" src={agent.photo} alt="" style={{ '--size': `${size}px` }} onError={() => setBroken(agent.photo ?? '')} />
    : <Avatar name={agent.name} text={agent.initials} size={size} />;
}

/** "✉ E-mail" in the channel's colour. */
export function ChannelMark({ id, kind }: { id: number | null; kind?: string | null }) {
  const channel = id === null ? undefined : channels.get(id)?.value;
  const known = kind ?? channel?.kind;
  if (!known) return null;
  return <span class="channel" style={colour(known)}><KindIcon kind={known} />{channel?.title ?? known}</span>;
}

export const Age = ({ at }: { at: string }) => <time class="num" dateTime={at} title={full(at)}>{age(at, now.value)}</time>;

/** "12 min left", "due 14:05", "5 min over"; without a target the time waited. */
function dueText(thread: Thread, since: string, at: number): string {
  const due = target(thread);
  if (due === null) return span(since, at);
  const by = thread.due_at as string;
  if (due < at) return t('{span} over', { span: span(by, at) });
  return due - at < 3_600_000 ? t('{n} min left', { n: Math.ceil((due - at) / 60_000) }) : t('due {time}', { time: stamp(by, at) });
}

export function WaitPill({ thread, long }: { thread: Thread; long?: boolean }) {
  if (!thread.waiting_since || thread.status === 'resolved') return null;
  const tone = urgency(thread, now.value);
  const text = long ? t('waiting {span}', { span: span(thread.waiting_since, now.value) }) : dueText(thread, thread.waiting_since, now.value);
  const tones = { calm: ['', 'clock', t('waiting')], due: ['warn', 'hourglass', t('waiting long')], over: ['bad', 'alert-circle', t('waiting too long')] } as const;
  return (
    <span class={`pill wait num ${tones[tone][0]}`} data-testid="wait" data-tone={tone} title={t('The customer has been waiting since {time}', { time: full(thread.waiting_since) })}>
      <Icon name={tones[tone][1]} />{!long && <span class="sr">{tones[tone][2]} </span>}{text}
    </span>
  );
}

export function levelText(level: Level | null | undefined): string {
  switch (level) {
    case 'verified': return t('Verified');
    case 'mail_auth': return t('Sender verified by its mail server');
    case 'channel': return t('Known by the channel');
    case 'claimed': return t('Not verified: anyone could have written this address');
    default: return '';
  }
}

export function LevelMark({ level, words }: { level: Level | null | undefined; words?: boolean }) {
  if (!level || level === 'channel') return null;
  const sure = level !== 'claimed';
  return (
    <span class={`level ${sure ? 'ok' : 'warn'}`} data-testid="level" data-level={level} title={levelText(level)}>
      <Icon name={sure ? 'shield-check' : 'shield'} />
      {words || !sure ? <span>{sure ? t('verified') : t('not verified')}</span> : <span class="sr">{levelText(level)}</span>}
    </span>
  );
}

export function Kbd({ keys }: { keys: string }) {
  return keys ? <kbd aria-hidden="true">{keys}</kbd> : null;
}
