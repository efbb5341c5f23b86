/** The island: four panes, the connection strip, sheets, toasts and live regions. */
import { assertive, polite } from '../core/announce';
import { t, tn } from '../core/i18n';
import { me } from '../core/page';
import { clockSeconds } from '../core/time';
import { COMMANDS, isSingle, keyName } from '../commands';
import { conflict, recall, reviewLater, sendAnyway, waiting } from '../store/outbox';
import { route } from '../store/router';
import { refused } from '../store/store';
import { asOf, link } from '../store/sync';
import { dismiss, toasts } from '../store/toasts';
import { focusComposer, help, modeOf, setSingleKeys, singleKeys } from '../store/ui';
import { Amend } from './Amend';
import { CustomerPane } from './Customer';
import { ListPane } from './List';
import { authorName } from './Message';
import { Icon, Kbd } from './parts';
import { Sheet } from './Sheet';
import { ThreadPane } from './Thread';
import { BottomBar, Views } from './Views';

export function App() {
  return (
    <div class="shell">
      <a class="skip" href="#thread-list" onClick={(event) => { event.preventDefault(); document.querySelector<HTMLElement>('[data-row][tabindex="0"]')?.focus(); }}>{t('Skip to threads')}</a>
      <Strip />
      <Reconnect />
      <div class="app" data-pane={route.value.id === null ? 'list' : 'thread'}>
        <Views />
        <main class="panes">
          <h1 class="sr">{t('Inbox')}</h1>
          <ListPane />
          <ThreadPane />
          <CustomerPane />
        </main>
        <BottomBar />
      </div>
      <Conflict />
      <Amend />
      {help.value && <Help />}
      <Toasts />
      <div class="sr" aria-live="polite" role="log" aria-label={t('New messages')} data-testid="live">{polite.value}</div>
      <div class="sr" role="alert" data-testid="live-errors">{assertive.value}</div>
    </div>
  );
}

function Strip() {
  if (link.value === 'live') return null;
  const back = link.value === 'back';
  return (
    <div class={`strip${back ? ' back' : ''}`} role="status" data-testid="strip" data-state={link.value}>
      <Icon name={back ? 'check' : 'wifi'} />
      {back ? <span>{t('Connected again')}</span> : (
        <span>{t('Reconnecting… messages you send are kept')}{waiting.value > 0 && ' · '}{waiting.value > 0 && tn(waiting.value, '{n} message waits', '{n} messages wait')}<span class="num as-of"> · {t('as of {time}', { time: clockSeconds(asOf.value) })}</span></span>
      )}
    </div>
  );
}

/** Rights of a channel are gone: whoever writes there should know that it waits, and an admin can mend it. */
function Reconnect() {
  const found = refused.value;
  if (found.length === 0) return null;
  const list = found.map((channel) => channel.name).join(', ');
  return (
    <div class="strip bad" role="status" data-testid="reconnect-banner">
      <Icon name="plug" />
      <span>{found.length === 1 ? t('Replies on {channel} wait: it has to be connected again.', { channel: list }) : t('Replies on {list} wait: these channels have to be connected again.', { list })}</span>
      {me.role === 'admin' && <a class="link" href={found.length === 1 ? `/settings/channels/${found[0]?.id}` : '/settings/channels'} data-testid="reconnect">{t('Connect again')}</a>}
    </div>
  );
}

/** Somebody wrote while this reply was written: nothing is sent until the agent has seen it. */
function Conflict() {
  const found = conflict.value;
  if (!found) return null;
  const { item, messages } = found;
  const review = (): void => {
    recall(item);
    modeOf(item.thread).value = item.mode;
    focusComposer(item.thread, item.mode);
  };
  return (
    <Sheet key={item.key} title={t('There are newer messages')} testid="conflict" close={() => reviewLater(item)}
      footer={<>
        <button type="button" class="btn" onClick={() => sendAnyway(item)} data-testid="send-anyway">{t('Send anyway')}</button>
        <button type="button" class="btn main" autofocus onClick={review} data-testid="review">{t('Review and edit')}</button>
      </>}>
      <p>{t('Your reply has not been sent. This came in while you were writing:')}</p>
      <ul role="list" class="news">
        {messages.map((message) => <li key={message.id} class={`news-item ${message.kind}`} data-testid="news-item"><b>{authorName(message)}{message.kind === 'note' && ` · ${t('Internal note')}`}</b><p dir="auto">{message.body_text}</p></li>)}
      </ul>
      <h3>{t('Your reply')}</h3>
      <p class="code" dir="auto">{item.content.body}</p>
    </Sheet>
  );
}

function Help() {
  const groups = [...new Set(COMMANDS.map((command) => command.group))];
  return (
    <Sheet title={t('Keyboard shortcuts')} testid="help" close={() => { help.value = false; }}>
      <label class="check keys-switch"><input type="checkbox" checked={singleKeys.value} onChange={(event) => setSingleKeys(event.currentTarget.checked)} data-testid="single-keys" />
        <span>{t('Single-key shortcuts')}<small class="muted">{t('They act only outside text fields. Turn them off if you dictate, or press keys by chance. Enter, Esc, arrows and keys with Ctrl always act.')}</small></span></label>
      <div class={`help${singleKeys.value ? '' : ' keys-off'}`}>
        {groups.map((group) => (
          <section key={group}><h3>{group}</h3>
            <dl>{COMMANDS.filter((command) => command.group === group).map((command) => (
              <div key={command.id}><dt>{command.label}</dt><dd>{command.keys.map((key) => <kbd key={key} class={isSingle(key) ? 'single' : undefined}>{keyName(key)}</kbd>)}</dd></div>))}</dl></section>
        ))}
        <section><h3>{t('Composer')}</h3><dl><div><dt>{t('Send, or add the note')}</dt><dd><kbd>Ctrl ↵</kbd><kbd>⌘ ↵</kbd></dd></div><div><dt>{t('Send and resolve')}</dt><dd><kbd>Ctrl Shift ↵</kbd></dd></div><div><dt>{t('Leave; the draft is kept')}</dt><dd><kbd>Esc</kbd></dd></div></dl></section>
      </div>
    </Sheet>
  );
}

function Toasts() {
  return (
    <div class="toasts" role="status" data-testid="toasts">
      {toasts.value.map((toast) => (
        <div class="toast" key={toast.id} data-testid="toast"><span>{toast.text}</span>
          {toast.action && <button type="button" onClick={() => { dismiss(toast.id); toast.run?.(); }} data-testid="toast-action">{toast.action} {toast.key && singleKeys.value && <Kbd keys={toast.key} />}</button>}</div>
      ))}
    </div>
  );
}
