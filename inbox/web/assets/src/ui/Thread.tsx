/** The open thread: header, stream of messages, composer. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { t } from '../core/i18n';
import { firstName } from '../core/names';
import { me } from '../core/page';
import { day, dayName, now } from '../core/time';
import type { Episode, Thread } from '../core/types';
import { hint } from '../commands';
import { assign, toggleStatus } from '../store/actions';
import { queueOf } from '../store/outbox';
import { drawer, go, route } from '../store/router';
import { isTyping, writers } from '../store/presence';
import { type Stream, agentName, agents, channels, detailOf, peekMessage, streamOf, streams, threadOf } from '../store/store';
import { failure, loadDetail, loadMessages, loadOlder, markRead, opened, sought } from '../store/thread';
import { assigning, singleKeys, slotOf } from '../store/ui';
import { Composer } from './Composer';
import { Outgoing } from './Delivery';
import { Menu } from './Menu';
import { MessageItem } from './Message';
import { Anchor } from './anchor';
import { AgentMark, Icon, Kbd, KindIcon, LevelMark, WaitPill, colour } from './parts';
import { entries } from './stream';

export function ThreadPane() {
  const { id } = route.value;
  if (id === null) return <Nothing />;
  const thread = threadOf(id);
  const failed = failure.value?.id === id ? failure.value : null;
  if (!thread) return failed ? <Missing id={id} status={failed.status} text={failed.text} /> : <Opening />;
  return (
    <section class="thread pane" aria-label={t('Thread with {name}', { name: thread.customer.name })} data-testid="thread" data-thread={id}>
      <Header thread={thread} />
      <StreamView key={slotOf(id)} id={id} />
      <Composer key={`c${slotOf(id)}`} id={id} />
    </section>
  );
}

function Nothing() {
  return (
    <section class="thread pane idle" aria-label={t('Thread')}><div class="empty"><Icon name="brand" /><h2>{t('Choose a thread')}</h2>
      <p>{t('Everything a customer ever wrote is in one thread, whatever the channel.')}</p>
      {singleKeys.value && <p class="keys muted"><span><kbd>j</kbd> <kbd>k</kbd> {t('move')}</span><span><kbd>↵</kbd> {t('open')}</span><span><kbd>?</kbd> {t('all keys')}</span></p>}</div></section>
  );
}

function Missing({ id, status, text }: { id: number; status: number; text: string }) {
  const absent = status === 404 || status === 403;
  return (
    <section class="thread pane idle" aria-label={t('Thread')}><div class="empty" role="alert" data-testid="thread-error"><Icon name={absent ? 'search' : 'wifi'} />
      <h2>{absent ? t('This thread is not here') : t('The thread could not be loaded')}</h2>
      <p>{absent ? t('It may belong to another team now.') : text || t('There is no connection to the server.')}</p>
      {absent ? <button type="button" class="btn" onClick={() => go({ id: null })}>{t('Back to the list')}</button>
        : <button type="button" class="btn main" onClick={() => { void loadDetail(id); void loadMessages(id); }} data-testid="thread-retry">{t('Try again')}</button>}</div></section>
  );
}

const Opening = () => <section class="thread pane" aria-label={t('Thread')} aria-busy="true"><header class="bar"><span class="skeleton line" /></header><Skeletons /></section>;
const Skeletons = () => (
  <div class="stream" role="status" data-testid="thread-loading"><span class="sr">{t('Loading messages')}</span>
    {['in', 'out', 'in'].map((side, index) => <div key={index} class={`msg ${side}`}><div class="skeleton bubble-skeleton" /></div>)}</div>
);

/** A button's words with its key, while that acts. */
function withKey(text: string, command: string): string {
  const key = hint(command);
  return key ? `${text} (${key})` : text;
}

function Header({ thread }: { thread: Thread }) {
  const detail = detailOf(thread.id);
  const best = detail?.identities.find((identity) => identity.level === 'verified' || identity.level === 'mail_auth');
  const kinds = [...new Set(thread.wrote_on.map((channel) => channel.kind))];
  const titles = [...new Set(thread.wrote_on.map((channel) => channels.get(channel.id)?.value.title ?? channel.kind))];
  const resolved = thread.status === 'resolved';
  return (
    <header class="bar thread-bar">
      <button type="button" class="btn bare icon-only back" aria-label={t('Back to the list')} onClick={() => go({ id: null })} data-testid="back"><Icon name="back" /></button>
      <div class="title">
        <h2 class="clip" tabIndex={-1} dir="auto" data-testid="thread-title">{thread.customer.name}</h2>
        {best && <LevelMark level={best.level} />}
        <span class="kinds" role="img" aria-label={t('Channels: {list}', { list: titles.join(', ') })} data-testid="thread-channels">{kinds.map((kind) => <span key={kind} class="channel" style={colour(kind)}><KindIcon kind={kind} /></span>)}</span>
        <WaitPill thread={thread} long />
        {resolved && <span class="pill ok" data-testid="status"><Icon name="check" />{t('resolved')}</span>}
      </div>
      <span class="grow" />
      <AssigneeMenu thread={thread} />
      <button type="button" class={`btn ${resolved ? '' : 'main'} resolve`} onClick={() => void toggleStatus(thread.id)} data-testid="resolve">
        <Icon name={resolved ? 'reopen' : 'check'} /><span>{resolved ? t('Reopen') : t('Resolve')}</span><Kbd keys={hint('resolve')} />
      </button>
      <button type="button" class="btn bare icon-only to-customer" aria-label={t('Customer')} title={withKey(t('Customer'), 'customer')} aria-expanded={drawer.value} onClick={() => { drawer.value = !drawer.value; }} data-testid="customer-toggle"><Icon name="panel" /></button>
    </header>
  );
}

function AssigneeMenu({ thread }: { thread: Thread }) {
  const who = thread.assignee_id === null ? undefined : agents.get(thread.assignee_id);
  const choice = (id: number | null): { checked: boolean; run: () => void } => ({ checked: thread.assignee_id === id, run: () => void assign(thread.id, id) });
  const people = [...agents.values()].sort((a, b) => Number(b.id === me.id) - Number(a.id === me.id) || a.name.localeCompare(b.name));
  return (
    <Menu label={who ? t('Assigned to {name}. Change', { name: who.name }) : ''} title={withKey(t('Assign'), 'assign')} testid="assignee" class="btn bare assign" open={assigning} heading={t('Assign to')}
      button={who ? <><AgentMark agent={who} size={24} /><span class="label clip">{who.id === me.id ? t('You') : who.name.split(' ')[0]}</span><Icon name="chevron-down" /></> : <><Icon name="user-plus" /><span class="label">{t('Assign')}</span></>}
      items={[
        ...people.map((agent) => ({ key: agent.id, label: agent.id === me.id ? t('{name} (you)', { name: agent.name }) : agent.name, icon: <AgentMark agent={agent} size={24} />, ...choice(agent.id) })),
        'line' as const, { key: 'none', label: t('Nobody'), icon: <Icon name="user" />, ...choice(null) },
      ]} />
  );
}

const WINDOW = 300;
const STEP = 100;

function StreamView({ id }: { id: number }) {
  const stream: Stream = streams.get(id) ?? streamOf(id);
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | null>(null);
  const [stuck, setStuck] = useState(true);
  /** First message in the page, or null for the newest ones. At most 300 are in the page, the rest is kept in memory. */
  const [top, setTop] = useState<number | null>(null);
  const ids = stream.ids.value;
  const mark = opened.value?.id === id ? opened.value.read : Number.MAX_SAFE_INTEGER;
  const from = Math.max(0, top === null ? ids.length - WINDOW : ids.indexOf(top));
  const to = Math.min(ids.length, from + WINDOW);
  const whole = to === ids.length;
  const last = ids.at(-1);
  // Placing lines and folds needs seq, times and senders, which never change: not the signals of each message.
  const shown = useMemo(() => entries(ids.slice(from, to).map(peekMessage), mark, last === undefined ? 0 : peekMessage(last).seq), [ids, from, to, mark]);
  const lastReply = useMemo(() => ids.slice(-30).findLast((message) => peekMessage(message).kind === 'reply'), [ids]);
  const state = stream.state.value;
  const episodes = detailOf(id)?.episodes ?? [];
  const outgoing = queueOf(id).value.length;

  useLayoutEffect(() => {
    if (!scroller.current || !content.current) return undefined;
    anchor.current = new Anchor(scroller.current, content.current, setStuck);
    return () => anchor.current?.stop();
  }, []);
  // First look: at the "New" line when it is further up, else at the end.
  const placed = useRef(false);
  useLayoutEffect(() => {
    if (placed.current || !ids.length || opened.value?.id !== id) return;
    placed.current = true;
    const line = scroller.current?.querySelector<HTMLElement>('[data-testid=new-line]');
    anchor.current?.toEnd();
    if (line && scroller.current && line.getBoundingClientRect().top < scroller.current.getBoundingClientRect().top) anchor.current?.hold(line, 12);
  }, [ids, opened.value]);
  useLayoutEffect(() => { anchor.current?.restore(); }, [shown, state]);
  // An address that names a message leads to it, however far back it is.
  useLayoutEffect(() => {
    const place = sought.value;
    const first = ids[0];
    if (place?.id !== id || first === undefined || (peekMessage(first).seq > place.seq && stream.before !== null)) return;
    const index = Math.max(0, ids.findIndex((message) => peekMessage(message).seq >= place.seq));
    if (index < from || index >= to) {
      setTop(ids[Math.max(0, index - STEP)] ?? null);
      return;
    }
    const line = scroller.current?.querySelector<HTMLElement>(`[data-message="${ids[index]}"]`);
    if (!line) return;
    sought.value = null;
    anchor.current?.hold(line, 12);
    line.focus({ preventScroll: true });
  }, [shown, sought.value]);
  // What I send is always shown.
  useLayoutEffect(() => {
    if (!outgoing) return;
    setTop(null);
    anchor.current?.toEnd();
  }, [outgoing]);
  useEffect(() => {
    if (!stuck || !whole) return undefined;
    const read = setTimeout(() => markRead(id), 600);
    const seen = (): void => markRead(id);
    document.addEventListener('visibilitychange', seen);
    return () => {
      clearTimeout(read);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [ids, stuck, whole]);

  const onScroll = (): void => {
    const box = scroller.current;
    if (!box) return;
    anchor.current?.note();
    if (box.scrollTop < 400) {
      if (from > 0) setTop(ids[Math.max(0, from - STEP)] ?? null);
      else void loadOlder(id);
    } else if (!whole && box.scrollHeight - box.scrollTop - box.clientHeight < 400) {
      setTop(to + STEP >= ids.length ? null : ids[from + STEP] ?? null);
    }
  };

  return (
    <div class="stream-wrap">
      <div class="scroll stream-scroll" ref={scroller} onScroll={onScroll} data-testid="stream" tabIndex={-1}>
        <div class="stream" ref={content}>
          {state === 'older' && <div class="day" role="status">{t('Loading older messages…')}</div>}
          {stream.before === null && ids.length > 0 && from === 0 && <div class="start muted">{t('The thread begins here.')}</div>}
          <div role="feed" aria-label={t('Messages')} aria-busy={state === 'loading' || state === 'older'} class="feed" data-testid="messages">
            {shown.map((entry) => (
              <Lines key={entry.id} day={entry.day} episode={entry.episode === null ? null : entry.episode} episodes={episodes} fresh={entry.fresh}>
                {entry.turn && <Turn {...entry.turn} />}
                <MessageItem entry={entry} last={entry.id === lastReply} stop={entry.id === last} />
              </Lines>
            ))}
            <Outgoing thread={id} />
          </div>
          <Writing id={id} />
          {!ids.length && state === 'loading' && <Skeletons />}
          {!ids.length && state === 'idle' && !outgoing && !stream.stale && <div class="empty"><Icon name="message" /><h3>{t('No messages yet')}</h3><p>{t('Write the first one below.')}</p></div>}
          {state === 'error' && (
            <div class="alert bad" role="alert" data-testid="stream-error"><Icon name="alert-circle" /><div class="grow">{t('Messages could not be loaded. What you wrote is kept.')}</div>
              <button type="button" class="btn small" onClick={() => void loadMessages(id)} data-testid="stream-retry">{t('Try again')}</button></div>
          )}
        </div>
      </div>
      {(!stuck || !whole) && <button type="button" class="btn jump" onClick={() => { setTop(null); requestAnimationFrame(() => anchor.current?.toEnd()); }} data-testid="jump-latest"><Icon name="arrow-down" />{t('Latest')}</button>}
    </div>
  );
}

/** The conversation goes on elsewhere from here. */
function Turn({ id, kind }: { id: number; kind: string | null }) {
  const title = channels.get(id)?.value.title ?? kind ?? '';
  return <div class="turn" data-testid="turn" style={colour(kind ?? '')}><KindIcon kind={kind ?? ''} /><span>{t('now on {channel}', { channel: title })}</span></div>;
}

/** Who is writing right now. The customer's line is not announced: it comes and goes all the time. */
function Writing({ id }: { id: number }) {
  const name = firstName(threadOf(id)?.customer.name ?? '');
  const others = writers(id).map(agentName).filter(Boolean);
  return (
    <>
      {others.length > 0 && <div class="writing colleague" role="status" data-testid="agent-typing"><Icon name="pencil" />{t('{names} is writing a reply', { names: others.join(', ') })}</div>}
      {isTyping(id) && <div class="writing" data-testid="typing"><span class="dots-move" aria-hidden="true"><i /><i /><i /></span>{t('{name} is writing…', { name })}</div>}
    </>
  );
}

interface LinesProps { day: string | null; episode: number | null; episodes: Episode[]; fresh: boolean; children: preact.ComponentChildren }

/** Separators before a message, then the message. */
function Lines({ day: at, episode, episodes, fresh, children }: LinesProps) {
  return (
    <>
      {episode !== null && <EpisodeLine episode={episodes.find((item) => item.id === episode)} before={episodes.find((item) => item.number === (episodes.find((one) => one.id === episode)?.number ?? 0) - 1)} />}
      {(at || fresh) && (
        <div class={`day${fresh ? ' new' : ''}`} data-anchor={fresh} data-testid={fresh ? 'new-line' : 'day'}>
          <span>{[at ? dayName(at, now.value) : '', fresh ? t('New') : ''].filter(Boolean).join(' · ')}</span></div>
      )}
      {children}
    </>
  );
}

function EpisodeLine({ episode, before }: { episode: Episode | undefined; before: Episode | undefined }) {
  const parts = [
    before?.resolved_at ? t('Resolved {date}', { date: day(before.resolved_at) }) : '',
    episode ? t('New request {date}', { date: day(episode.opened_at) }) : t('New request'),
  ].filter(Boolean);
  return <div class="day episode" data-testid="episode-line"><span>{parts.join(' · ')}</span></div>;
}

