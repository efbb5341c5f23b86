/** One message of the stream: customer's, ours, an internal note, or a system line. */
import { useState } from 'preact/hooks';
import { t } from '../core/i18n';
import { firstName } from '../core/names';
import { me } from '../core/page';
import { full, now, stamp } from '../core/time';
import type { Message } from '../core/types';
import { messageOf } from '../store/store';
import { allUnfolded, unfold, unfolded } from '../store/ui';
import { Amendment } from './Actions';
import { AnsweredLine } from './Answered';
import { DeliveryLine, StateIcon } from './Delivery';
import { Formatted } from './Formatted';
import { MailFrame } from './MailFrame';
import { Attachments, Place, placeOf } from './Media';
import { Reactions } from './Reactions';
import { SystemLine } from './System';
import { Text } from './Text';
import { Edited } from './Versions';
import { ChannelMark, Icon, LevelMark, levelText } from './parts';
import type { Entry } from './stream';

export function MessageItem({ entry, last, stop }: { entry: Entry; last: boolean; stop: boolean }) {
  const message = messageOf(entry.id);
  if (message.kind === 'system') return <SystemLine message={message} run={entry.run} />;
  return <Bubble message={message} entry={entry} last={last} stop={stop} />;
}

export function authorName(message: Message): string {
  if (message.author.type === 'agent' && message.author.id === me.id) return t('You');
  return message.author.name ?? message.author.address ?? t('Unknown');
}

interface BubbleProps { message: Message; entry: Entry; last: boolean; stop: boolean }

function Bubble({ message, entry, last, stop }: BubbleProps) {
  const chosen = unfolded.value.has(message.id);
  const open = !entry.folded || chosen || allUnfolded.value;
  const side = message.kind === 'inbound' ? 'in' : message.kind === 'note' ? 'note' : 'out';
  const state = message.delivery?.state;
  const [details, setDetails] = useState(false);
  const dead = state === 'cancelled';
  return (
    <article class={`msg ${side}${entry.grouped ? ' grouped' : ''}${dead ? ' dead' : ''}${open ? '' : ' folded'}`} tabIndex={stop ? 0 : -1} aria-posinset={message.seq} aria-setsize={-1}
      aria-labelledby={`by-${message.id}`} aria-describedby={`text-${message.id}`} data-anchor data-testid="message" data-kind={message.kind} data-seq={message.seq} data-message={message.id} data-state={state}>
      {open ? (
        <>
          <Meta message={message} hidden={entry.grouped && !details} details={details} setDetails={setDetails} />
          {entry.subject && <h3 class="subject" dir="auto">{entry.subject}</h3>}
          {message.answers && !message.removed_at && <AnsweredLine answers={message.answers} thread={message.thread_id} />}
          {message.removed_at ? <Removed message={message} /> : <Content message={message} details={details} />}
          <Edited message={message} />
          <Reactions message={message} />
          <Amendment message={message} />
          {message.delivery && <DeliveryLine message={message} last={last} />}
          {entry.folded && chosen && <button type="button" class="link fold" onClick={() => unfold(message.id, false)}>{t('Fold')}</button>}
        </>
      ) : <Folded message={message} />}
    </article>
  );
}

function Folded({ message }: { message: Message }) {
  return (
    <button type="button" class="folded-line" onClick={() => unfold(message.id, true)} aria-expanded="false" data-testid="unfold">
      <Icon name="chevron-right" /><b id={`by-${message.id}`}>{authorName(message)}</b>
      <span class="clip grow" dir="auto" id={`text-${message.id}`}>{message.body_text.slice(0, 200)}</span>
      {message.attachments.length > 0 && <Icon name="paperclip" />}
      {message.delivery && <StateIcon state={message.delivery.state} />}
      <time class="num">{stamp(message.created_at, now.value)}</time>
    </button>
  );
}

interface MetaProps { message: Message; hidden: boolean; details: boolean; setDetails: (on: boolean) => void }

function Meta({ message, hidden, details, setDetails }: MetaProps) {
  const note = message.kind === 'note';
  const address = message.author.address;
  return (
    <>
      <div class={`meta${hidden ? ' sr' : ''}`} id={`by-${message.id}`}>
        {note ? <><Icon name="lock" /><b>{t('Internal note')}</b><span>{authorName(message)}</span></> : (
          <>
            <ChannelMark id={message.channel_id} kind={message.channel_kind} />
            {message.kind === 'reply' ? <><span>{authorName(message)}</span>{message.author.id === null && <span data-testid="sent-outside">{t('sent outside of here')}</span>}</>
              : <button type="button" class="from clip" aria-expanded={details} title={t('Sender, recipients and how sure we are')} onClick={() => setDetails(!details)} data-testid="message-details"><bdi>{address ?? message.author.name}</bdi></button>}
            {message.kind === 'inbound' && <LevelMark level={message.author.level} />}
          </>
        )}
        {message.automatic && <span class="pill" data-testid="automatic" title={message.automatic}><Icon name="bot" />{t('automatic')}</span>}
        <time class="num" dateTime={message.created_at} title={full(message.created_at)}>{stamp(message.created_at, now.value)}</time>
        {message.kind === 'reply' && message.recipients.length > 0 && <button type="button" class="from" aria-expanded={details} aria-label={t('Recipients')} title={t('Recipients')} onClick={() => setDetails(!details)} data-testid="message-details"><Icon name="chevron-down" /></button>}
      </div>
      {details && <Details message={message} />}
    </>
  );
}

function Details({ message }: { message: Message }) {
  const names = { to: t('To'), cc: t('Cc'), bcc: t('Bcc'), reply_to: t('Answers to') };
  return (
    <dl class="facts details" data-testid="message-facts">
      {message.author.address && <><dt>{t('From')}</dt><dd><bdi>{message.author.name} &lt;{message.author.address}&gt;</bdi></dd></>}
      {(['to', 'cc', 'bcc', 'reply_to'] as const).map((role) => {
        const people = message.recipients.filter((person) => person.role === role);
        return people.length > 0 && <><dt>{names[role]}</dt><dd>{people.map((person) => <bdi key={person.address} class="person">{person.name ? `${person.name} <${person.address}>` : person.address}</bdi>)}</dd></>;
      })}
      {message.subject && <><dt>{t('Subject')}</dt><dd dir="auto">{message.subject}</dd></>}
      <dt>{t('Date')}</dt><dd>{full(message.sent_at ?? message.created_at)}</dd>
      {message.author.level && <><dt>{t('Sender')}</dt><dd>{levelText(message.author.level)}{message.author.level_reason && ` – ${message.author.level_reason}`}</dd></>}
      {message.automatic && <><dt>{t('Automatic')}</dt><dd>{message.automatic}</dd></>}
    </dl>
  );
}

/** Its author took it back: nothing of it is left but that it was there. */
function Removed({ message }: { message: Message }) {
  const name = firstName(message.author.name ?? '');
  const words = message.kind === 'inbound' && name ? t('{name} took this back', { name }) : t('This was taken back');
  return <div class="bubble removed" id={`text-${message.id}`} data-testid="removed" title={message.removed_at ? full(message.removed_at) : undefined}><Icon name="trash" />{words}</div>;
}

/** Written here, and so in our Markdown; a reply may also have been written in another program. */
const ours = (message: Message): boolean => message.kind === 'note' || (message.kind === 'reply' && message.client_msg_id !== null);

/** What was said: in the customer's words as they are, in ours as they are read. */
function Words({ message, text }: { message: Message; text: string }) {
  const place = message.kind === 'inbound' ? placeOf(text) : null;
  if (place) return <div id={`text-${message.id}`} data-testid="message-text"><Place place={place} /></div>;
  const inside = !text ? <span class="muted">{t('No text')}</span> : ours(message) ? <Formatted text={text} /> : <Text text={text} />;
  return <div class="bubble" id={`text-${message.id}`} dir="auto" data-testid="message-text">{inside}</div>;
}

function Content({ message, details }: { message: Message; details: boolean }) {
  // A mail whose HTML says no more than its text reads better as text, in our own type and theme.
  const simple = !message.has_html || (!message.rich && message.body_text.trim() !== '');
  const [asHtml, setAsHtml] = useState(!simple);
  const [quoted, setQuoted] = useState(false);
  const text = message.body_text.trim();
  // Simple mails read the same in both ways: the choice is offered only with the details.
  const choice = message.has_html && text !== '' && (!simple || asHtml || details);
  return (
    <>
      {asHtml ? <><p class="sr" id={`text-${message.id}`}>{text.slice(0, 300)}</p><MailFrame key={message.edited_at} id={message.id} name={authorName(message)} /></> : (text || (!message.attachments.length && !message.notices.length)) && <Words message={message} text={text} />}
      {message.notices.map((notice) => <p class="notice" key={notice.code}><Icon name="info" />{notice.text}</p>)}
      <Attachments items={message.attachments} />
      {((message.quoted_text && !asHtml) || choice) && (
        <div class="tools">
          {message.quoted_text && !asHtml && <button type="button" class="dots" aria-expanded={quoted} aria-label={quoted ? t('Hide quoted text') : t('Show quoted text')} title={quoted ? t('Hide quoted text') : t('Show quoted text')} onClick={() => setQuoted(!quoted)} data-testid="quoted-toggle"><Icon name="more" /></button>}
          {choice && <button type="button" class="tool" onClick={() => setAsHtml(!asHtml)} data-testid="html-toggle">{asHtml ? t('Plain text') : t('Original layout')}</button>}
        </div>
      )}
      {quoted && !asHtml && <blockquote class="quoted" dir="auto" data-testid="quoted"><Text text={message.quoted_text ?? ''} /></blockquote>}
    </>
  );
}
