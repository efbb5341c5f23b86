/** What can be done with one message: answer it, change it, take it back. */
import { t } from '../core/i18n';
import { me } from '../core/page';
import { serverNow } from '../core/time';
import type { Can, Message } from '../core/types';
import { amend, answer } from '../store/actions';
import { wayTo } from '../store/answering';
import { agentName, detailOf } from '../store/store';
import { toast } from '../store/toasts';
import { amending } from '../store/ui';
import { Menu, type MenuItem } from './Menu';
import { Icon } from './parts';

const WITH_THE_CUSTOMER = ['sent', 'delivered', 'read'];

/** The entries of a message's menu; none where nothing can be done with it. */
export function useActions(message: Message): MenuItem[] {
  const ways = detailOf(message.thread_id)?.channels ?? [];
  if (message.removed_at !== null) return [];
  if (message.kind === 'inbound') {
    const way = wayTo(ways, { channel_id: message.channel_id, address: message.author.address ?? null });
    return way ? [{ key: 'answer', label: t('Reply to this'), icon: <Icon name="reply" />, run: () => answer(message, way) }] : [];
  }
  const can = ways.find((way) => way.channel_id === message.channel_id)?.can;
  if (!can || !isMineToChange(message)) return [];
  const items: MenuItem[] = [];
  if (can.edit && inTime(message, can.edit_within)) items.push({ key: 'edit', label: t('Edit…'), icon: <Icon name="pencil" />, run: () => { amending.value = { id: message.id, change: 'edit' }; } });
  if (can.delete && inTime(message, can.delete_within)) items.push({ key: 'delete', label: t('Take back…'), icon: <Icon name="trash" />, run: () => { amending.value = { id: message.id, change: 'delete' }; } });
  return items;
}

export function MessageMenu({ items }: { items: MenuItem[] }) {
  return <Menu label={t('More')} title={t('More')} class="react-add" testid="message-menu" start button={<Icon name="more" />} items={items} />;
}

/** My own replies; supervisors may change everybody's. The server has the last word. */
function isMineToChange(message: Message): boolean {
  return message.kind === 'reply' && message.removed_at === null && message.delivery !== null && WITH_THE_CUSTOMER.includes(message.delivery.state)
    && (message.author.id === me.id || me.role !== 'agent');
}

function inTime(message: Message, within: Can['edit_within']): boolean {
  const at = message.delivery?.sent_at ?? message.created_at;
  return within === null || serverNow() - Date.parse(at) < within * 1000;
}

/** A change that somebody has begun: it goes on right now, or nobody knows whether the customer sees it. */
export function Amendment({ message }: { message: Message }) {
  const begun = message.removed_at === null ? message.delivery?.amendment : null;
  if (!begun) return null;
  const name = begun.agent_id === me.id ? t('You') : agentName(begun.agent_id);
  if (Date.parse(begun.until) > serverNow()) {
    return <p class="notice" role="status" data-testid="amending"><Icon name="clock" />{begun.change === 'edit' ? t('{name}: changing this…', { name }) : t('{name}: taking this back…', { name })}</p>;
  }
  const again = async (): Promise<void> => {
    const wrong = await amend(message, begun.change === 'edit' ? begun.body : null);
    if (wrong) toast(wrong, { error: true });
  };
  return (
    <div class="stuck" data-testid="amendment">
      <p><Icon name="alert-circle" /><span><b>{begun.change === 'edit' ? t('It is not known whether the change arrived.') : t('It is not known whether this was taken back.')}</b>{' '}
        {begun.change === 'edit' && t('The new text: {text}', { text: begun.body })}</span></p>
      {isMineToChange(message) && <div class="row-gap"><button type="button" class="btn small" onClick={() => void again()} data-testid="amendment-again"><Icon name="refresh" />{t('Try again')}</button></div>}
    </div>
  );
}
