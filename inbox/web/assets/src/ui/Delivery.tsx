/** What became of a reply: icon and words, and what can be done about it. Also the bubbles still in the outbox. */
import { useEffect, useState } from 'preact/hooks';
import { t } from '../core/i18n';
import { clock, serverNow } from '../core/time';
import type { Delivery, DeliveryState, Message } from '../core/types';
import { cancelDelivery, editDelivery, retryDelivery } from '../store/actions';
import { type Item, discard, openConflict, queueOf, recall, retry } from '../store/outbox';
import { link } from '../store/sync';
import { AnsweredLine } from './Answered';
import { Formatted } from './Formatted';
import { Attachments } from './Media';
import { ChannelMark, Icon } from './parts';

const ICONS: Record<DeliveryState, string> = {
  queued: 'clock', claimed: 'arrow-up', sending: 'arrow-up', sent: 'check', delivered: 'check-check', read: 'eye', failed: 'alert', uncertain: 'alert-circle', cancelled: 'x',
};
export function stateText(state: DeliveryState): string {
  return {
    queued: t('queued'), claimed: t('sending'), sending: t('sending'), sent: t('sent'), delivered: t('delivered'), read: t('read'), failed: t('not delivered'),
    uncertain: t('may not have been delivered'), cancelled: t('not sent'),
  }[state];
}

export const StateIcon = ({ state }: { state: DeliveryState }) =>
  <span class={`state ${state}`} title={stateText(state)}><Icon name={ICONS[state]} /><span class="sr">{stateText(state)}</span></span>;

/** Seconds left of the time in which a reply can be held back; ticks only while there are some. */
function useCountdown(until: string | null): number {
  const left = (): number => (until ? Math.max(0, Math.ceil((Date.parse(until) - serverNow()) / 1000)) : 0);
  const [seconds, set] = useState(left);
  useEffect(() => {
    set(left());
    if (!until || left() === 0) return undefined;
    const timer = setInterval(() => {
      set(left());
      if (left() === 0) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  }, [until]);
  return seconds;
}

export function DeliveryLine({ message, last }: { message: Message; last: boolean }) {
  const delivery = message.delivery;
  const left = useCountdown(delivery?.state === 'queued' ? delivery.send_after : null);
  if (!delivery) return null;
  const { state } = delivery;
  const refused = (delivery.recipients ?? []).filter((person) => person.state === 'failed');
  if (state === 'failed' || state === 'uncertain') return <Stuck message={message} />;
  return (
    <>
      <div class="state-line" data-testid="delivery" data-state={state}>
        {left > 0 ? (
          <button type="button" class="pill info undo num" onClick={() => void editDelivery(message)} data-testid="undo-send"><Icon name="undo" />{t('Undo')} · {t('{n} s', { n: left })}</button>
        ) : null}
        <StateIcon state={state} />
        {(last || !['delivered', 'read', 'sent'].includes(state)) && <span aria-hidden="true">{stateText(state)}{state === 'queued' && delivery.attempts > 0 && ' · '}{state === 'queued' && delivery.attempts > 0 && t('attempt {n}', { n: delivery.attempts + 1 })}</span>}
      </div>
      {refused.map((person) => <p class="notice bad" key={person.address}><Icon name="alert" /><span><bdi>{person.address}</bdi>: {person.error ?? t('refused')}</span></p>)}
      {delivery.unseen && <p class="notice" data-testid="unseen" data-why={delivery.unseen}><Icon name={delivery.unseen === 'continued' ? 'mail' : 'info'} />{unseenText(delivery.unseen)}</p>}
      {state === 'queued' && delivery.error && <p class="notice"><Icon name="info" />{delivery.error}</p>}
    </>
  );
}

function unseenText(why: NonNullable<Delivery['unseen']>): string {
  switch (why) {
    case 'continued': return t('Not seen on the site; it went on by mail.');
    case 'no_address': return t('Not seen on the site, and no address of this customer is proved.');
    case 'no_channel': return t('Not seen on the site, and no mailbox is connected to send it on.');
  }
}

function Stuck({ message }: { message: Message }) {
  const [busy, setBusy] = useState(false);
  const failed = message.delivery?.state === 'failed';
  const run = (work: () => Promise<unknown>) => (): void => {
    setBusy(true);
    void work().finally(() => setBusy(false));
  };
  return (
    <div class={`stuck ${failed ? 'bad' : 'warn'}`} data-testid="delivery" data-state={message.delivery?.state} aria-busy={busy}>
      <p><Icon name={failed ? 'alert' : 'alert-circle'} /><span><b>{failed ? t('Not delivered.') : t('Not confirmed.')}</b> {message.delivery?.error}</span></p>
      {message.delivery?.settling && <p data-testid="settling" role="status"><Icon name="hourglass" /><span>{t('The network is being asked whether it has this message. Wait a moment before you send it again.')}</span></p>}
      <div class="row-gap">
        <button type="button" class="btn small" onClick={run(() => retryDelivery(message))} data-testid="delivery-retry"><Icon name="refresh" />{failed ? t('Retry') : t('Retry anyway')}</button>
        {failed && <button type="button" class="btn small" onClick={run(() => editDelivery(message))} data-testid="delivery-edit"><Icon name="pencil" />{t('Edit')}</button>}
        <button type="button" class="btn bare small" onClick={run(() => cancelDelivery(message))} data-testid="delivery-cancel">{failed ? t('Cancel') : t('Do not send again')}</button>
      </div>
    </div>
  );
}

/** Messages that the server has not confirmed yet. */
export function Outgoing({ thread }: { thread: number }) {
  return <>{queueOf(thread).value.map((item) => <OutgoingItem key={item.key} item={item} />)}</>;
}

function OutgoingItem({ item }: { item: Item }) {
  const note = item.mode === 'note';
  const stuck = item.state === 'conflict' || item.state === 'refused';
  const offline = link.value === 'cut';
  const state = item.state === 'sending' ? 'sending' : stuck ? 'failed' : 'queued';
  return (
    <article class={`msg ${note ? 'note' : 'out'}`} tabIndex={-1} aria-setsize={-1} data-anchor data-testid="message" data-kind={item.mode} data-state={state} data-client-id={item.key}>
      <div class="meta">{note ? <><Icon name="lock" /><b>{t('Internal note')}</b></> : <ChannelMark id={item.content.channel} />}<span>{t('You')}</span><time class="num">{clock(item.at)}</time></div>
      {item.content.answers && <AnsweredLine answers={item.content.answers} thread={item.thread} />}
      {item.content.body && <div class="bubble" dir="auto"><Formatted text={item.content.body} /></div>}
      <Attachments items={item.content.files.flatMap((file) => (file.id === null ? [] : { id: file.id, name: file.name, size: file.size, media_type: file.media_type, url: file.url ?? '' }))} />
      {stuck ? (
        <div class="stuck bad" data-testid="outbox-refused">
          <p><Icon name="alert" /><span><b>{item.state === 'conflict' ? t('Not sent: there are newer messages.') : t('Not sent.')}</b> {item.error}</span></p>
          <div class="row-gap">
            {item.state === 'conflict' ? <button type="button" class="btn small" onClick={() => openConflict(item)} data-testid="outbox-review">{t('Decide')}</button>
              : <button type="button" class="btn small" onClick={() => retry(item)} data-testid="outbox-retry"><Icon name="refresh" />{t('Retry')}</button>}
            <button type="button" class="btn small" onClick={() => recall(item)} data-testid="outbox-edit"><Icon name="pencil" />{t('Edit')}</button>
            <button type="button" class="btn bare small" onClick={() => discard(item)} data-testid="outbox-discard">{t('Discard')}</button>
          </div>
        </div>
      ) : (
        <div class="state-line" data-testid="delivery" data-state={state}>
          {offline && item.state === 'queued' && <button type="button" class="pill info undo" onClick={() => recall(item)} data-testid="outbox-recall"><Icon name="undo" />{t('Take back')}</button>}
          <span class={`state ${state}`}><Icon name={state === 'sending' ? 'arrow-up' : 'clock'} /></span><span>{offline ? t('kept here, sent when you are back online') : state === 'sending' ? t('sending') : t('queued')}</span>
        </div>
      )}
    </article>
  );
}

