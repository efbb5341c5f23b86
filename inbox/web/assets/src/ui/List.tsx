/** The list of threads: rows that keep still under the pointer, pages of 50, search. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { t, tn } from '../core/i18n';
import { me } from '../core/page';
import type { Thread } from '../core/types';
import { hint, openThread } from '../commands';
import { type List, applyChanges, current, freeze, lingering, more, reload } from '../store/lists';
import { go, pathOf, route } from '../store/router';
import { isTyping } from '../store/presence';
import { agentName, agents, channels, isUnread, threadOf, views } from '../store/store';
import { Menu } from './Menu';
import { Age, AgentMark, Avatar, Icon, Kbd, KindIcon, WaitPill } from './parts';
import { plainClick, viewIcon, viewLabel } from './Views';

export function ListPane() {
  const list = current.value;
  const loading = list.state.value === 'loading' && !list.shown.value.length;
  const hold = useRef({ pointer: false, keys: false });
  const update = (change: { pointer?: boolean; keys?: boolean }): void => {
    Object.assign(hold.current, change);
    freeze(hold.current.pointer || hold.current.keys);
  };
  return (
    <section class="list pane" aria-label={t('Threads')}
      onPointerEnter={(event) => { if (event.pointerType === 'mouse') update({ pointer: true }); }}
      onPointerLeave={() => update({ pointer: false })}
      onFocusIn={(event) => { const row = (event.target as Element).closest('[data-row]'); update({ keys: Boolean(row?.matches(':focus-visible')) }); }}
      onFocusOut={() => update({ keys: false })}>
      <Head list={list} />
      <Search />
      {list.pending.value > 0 && (
        <div class="changes"><button type="button" class="pill info" onClick={applyChanges} data-testid="apply-changes">
          <Icon name="refresh" />{tn(list.pending.value, '{n} change – apply', '{n} changes – apply')}</button></div>
      )}
      {list.state.value === 'error' && (
        <div class="alert bad inset" role="alert" data-testid="list-error"><Icon name="alert-circle" /><div class="grow">{t('The list could not be loaded.')}</div>
          <button type="button" class="btn small" onClick={() => void reload(list)} data-testid="list-retry">{t('Try again')}</button></div>
      )}
      <Rows list={list} loading={loading} key={`${list.view}?${list.q}`} />
    </section>
  );
}

function Head({ list }: { list: List }) {
  const waiting = views.value.find((view) => view.key === list.view);
  return (
    <header class="bar">
      <h2 class="on-wide clip">{list.q ? t('Search') : viewLabel(list.view)}</h2>
      <div class="on-narrow">
        <Menu label={t('Change the view')} class="view-switch" testid="view-switch" start
          button={<><h2>{list.q ? t('Search') : viewLabel(list.view)}</h2><Icon name="chevron-down" /></>}
          items={views.value.map((view) => ({ key: view.key, label: view.label, icon: <Icon name={viewIcon(view.key)} />, checked: view.key === list.view,
            note: view.count ? tn(view.count, '{n} thread', '{n} threads') : undefined, run: () => go({ view: view.key, id: null, q: '' }) }))} />
      </div>
      {!list.q && waiting && waiting.count > 0 && <span class="pill num">{waiting.count}{waiting.capped ? '+' : ''}</span>}
      <span class="grow" />
      {list.state.value === 'loading' && list.shown.value.length > 0 && <span class="spin" role="status"><span class="sr">{t('Loading')}</span></span>}
    </header>
  );
}

function Search() {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { q } = route.value;
  useEffect(() => { if (field.current && document.activeElement !== field.current) field.current.value = q; }, [q]);
  const run = (): void => {
    clearTimeout(timer.current);
    const text = field.current?.value.trim() ?? '';
    if (text !== route.peek().q) go({ q: text, id: route.peek().id }, Boolean(route.peek().q && text));
  };
  return (
    <form class="find" role="search" onSubmit={(event) => { event.preventDefault(); run(); }}>
      <Icon name="search" />
      <input ref={field} type="search" placeholder={t('Search all threads')} aria-label={t('Search all threads')} data-testid="search" dir="auto" enterkeyhint="search"
        onInput={() => { clearTimeout(timer.current); timer.current = setTimeout(run, 300); }} />
      {q ? <button type="button" class="clear" aria-label={t('Clear the search')} onClick={() => { if (field.current) field.current.value = ''; go({ q: '' }); }}><Icon name="x" /></button> : <Kbd keys={hint('search')} />}
    </form>
  );
}

function Rows({ list, loading }: { list: List; loading: boolean }) {
  const scroller = useRef<HTMLDivElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const ids = list.shown.value;
  useLayoutEffect(() => { if (scroller.current) scroller.current.scrollTop = list.scroll; }, [list]);
  useEffect(() => {
    if (!end.current) return undefined;
    const watch = new IntersectionObserver((seen) => { if (seen.some((entry) => entry.isIntersecting)) void more(list); }, { root: scroller.current, rootMargin: '400px' });
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [list, ids.length, list.next.value]);
  const stop = list.cursor.value !== null && ids.includes(list.cursor.value) ? list.cursor.value : route.value.id !== null && ids.includes(route.value.id) ? route.value.id : ids[0];
  return (
    <div class="scroll" ref={scroller} onScroll={(event) => { list.scroll = event.currentTarget.scrollTop; }} data-testid="list-scroll">
      {loading ? <Skeletons /> : !ids.length && list.state.value !== 'error' ? <Empty list={list} /> : null}
      <ul role="list" class="thread-rows" id="thread-list" tabIndex={-1} aria-busy={list.state.value === 'loading' || list.state.value === 'more'} data-testid="list">
        {ids.map((id) => <Row key={id} id={id} list={list} stop={id === stop} />)}
      </ul>
      {list.next.value && ids.length > 0 && <div class="more" ref={end} data-testid="list-more">{list.state.value === 'error' ? '' : t('Loading more…')}</div>}
    </div>
  );
}

function Row({ id, list, stop }: { id: number; list: List; stop: boolean }) {
  const thread = threadOf(id);
  if (!thread) return null;
  const open = route.value.id === id;
  const unread = isUnread(thread);
  const done = lingering(thread, list);
  const other = thread.assignee_id !== null && thread.assignee_id !== me.id ? agents.get(thread.assignee_id) : undefined;
  return (
    <li class={`row${unread ? ' unread' : ''}${done ? ' done' : ''}`}>
      <a href={pathOf({ view: list.view, id, q: list.q })} data-row={id} data-testid="row" data-thread={id} tabIndex={stop ? 0 : -1} aria-current={open ? 'true' : undefined}
        onFocus={() => { list.cursor.value = id; }}
        onClick={(event) => { if (plainClick(event)) { event.preventDefault(); openThread(id); } }}>
        <Avatar name={thread.customer.name} kind={thread.channel?.kind} />
        <span class="who"><span class="clip" dir="auto">{unread && <span class="sr">{t('Unread')}: </span>}{thread.customer.name}</span>{thread.online && <Online />}<Glyphs thread={thread} /></span>
        {(thread.last_inbound_at ?? thread.last_message_at) && <Age at={(thread.last_inbound_at ?? thread.last_message_at) as string} />}
        <span class="preview clip" dir="auto">{isTyping(id) ? <em class="is-writing" data-testid="row-typing">{t('is writing…')}</em> : <><Prefix thread={thread} />{thread.preview?.text}</>}</span>
        <span class="cluster">
          {thread.draft && <span class="mark" title={t('You have a draft')} data-testid="row-draft"><Icon name="pencil" /><span class="sr">{t('You have a draft')}</span></span>}
          {thread.trouble && <Trouble trouble={thread.trouble} />}
          {thread.status === 'resolved' && list.view !== 'closed' ? <span class="pill ok"><Icon name="check" />{t('resolved')}</span> : <WaitPill thread={thread} />}
          {other && <span title={t('Assigned to {name}', { name: other.name })} class="assignee"><AgentMark agent={other} size={20} /><span class="sr">{t('Assigned to {name}', { name: other.name })}</span></span>}
        </span>
      </a>
    </li>
  );
}

const GLYPHS = 3;

/** The channels that the customer wrote on, the last used first; one channel is told by the badge alone. */
function Glyphs({ thread }: { thread: Thread }) {
  if (thread.wrote_on.length < 2) return null;
  const titles = thread.wrote_on.map((channel) => channels.get(channel.id)?.value.title ?? channel.kind);
  return (
    <span class="glyphs" role="img" aria-label={t('Channels: {list}', { list: [...new Set(titles)].join(', ') })} title={titles.join(', ')} data-testid="row-channels">
      {thread.wrote_on.slice(0, GLYPHS).map((channel) => <span key={channel.id} class="glyph" data-testid="row-channel" data-kind={channel.kind}><KindIcon kind={channel.kind} /></span>)}
      {thread.wrote_on.length > GLYPHS && <small class="num">+{thread.wrote_on.length - GLYPHS}</small>}
    </span>
  );
}

const Online = () => <span class="online" role="img" aria-label={t('on the site now')} title={t('on the site now')} data-testid="row-online" />;

function Prefix({ thread }: { thread: Thread }) {
  const { preview } = thread;
  if (!preview || preview.kind === 'inbound' || preview.kind === 'system') return null;
  if (preview.kind === 'note') return <span class="prefix note">{t('Note:')} </span>;
  const name = preview.author_id === me.id ? t('You:') : `${(agentName(preview.author_id) || preview.author || '').split(' ')[0]}:`;
  return <span class="prefix">{name} </span>;
}

function Trouble({ trouble }: { trouble: 'failed' | 'uncertain' }) {
  const text = trouble === 'failed' ? t('A reply was not delivered') : t('A reply may not have been delivered');
  return <span class={`mark ${trouble === 'failed' ? 'bad' : 'warn'}`} title={text} data-testid="row-trouble" data-trouble={trouble}><Icon name={trouble === 'failed' ? 'alert' : 'alert-circle'} /><span class="sr">{text}</span></span>;
}

function Skeletons() {
  return (
    <div class="skeletons" role="status" data-testid="list-loading">
      <span class="sr">{t('Loading threads')}</span>
      {Array.from({ length: 8 }, (_, index) => <div class="row-skeleton" key={index}><i class="skeleton" /><b class="skeleton" /><em class="skeleton" /></div>)}
    </div>
  );
}

function Empty({ list }: { list: List }) {
  if (list.q) {
    return (
      <div class="empty" data-testid="list-empty"><Icon name="search" /><h3>{t('Nothing found')}</h3>
        <p>{t('No message or name contains “{q}”. Fewer or shorter words find more.', { q: list.q })}</p>
        <button type="button" class="btn" onClick={() => go({ q: '' })}>{t('Clear the search')}</button></div>
    );
  }
  const words: Record<string, [string, string]> = {
    mine: [t('Nothing is yours right now'), t('Threads assigned to you appear here. Unassigned ones are free to take.')],
    unassigned: [t('Every open thread has someone'), t('New customers appear here until somebody takes them.')],
    waiting: [t('Nobody is waiting'), t('A customer who is owed an answer appears here, the longest wait first.')],
    open: [t('No open threads'), t('A thread opens when a customer writes.')],
    closed: [t('Nothing resolved yet'), t('Resolved threads are kept here; a new message opens them again.')],
    drafts: [t('No drafts'), t('What you begin to write is kept here until you send it.')],
    failed: [t('Everything was delivered'), t('Replies that failed, or may not have arrived, appear here.')],
  };
  const [title, text] = words[list.view] ?? [t('Nothing here'), ''];
  const next = views.value.find((view) => view.key !== list.view && ['waiting', 'unassigned', 'open'].includes(view.key) && view.count > 0);
  return (
    <div class="empty" data-testid="list-empty">
      <Icon name={viewIcon(list.view)} /><h3>{title}</h3><p>{text}</p>
      {next && <button type="button" class="btn" onClick={() => go({ view: next.key, id: null })}>{t('Show {view}', { view: next.label })}</button>}
    </div>
  );
}
