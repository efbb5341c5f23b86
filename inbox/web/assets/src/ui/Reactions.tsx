/** What stands below a message: emoji that somebody put on it, our own where the channel has them, and its menu. */
import { t } from '../core/i18n';
import type { Message, Reaction } from '../core/types';
import { react } from '../store/actions';
import { detailOf } from '../store/store';
import { MessageMenu, useActions } from './Actions';
import { Menu } from './Menu';
import { Icon } from './parts';

/** What every network that we know takes. */
const CHOICE = ['👍', '❤', '🙏', '👏', '🎉', '😁', '🔥', '🤔', '😢', '👎'];

export function Reactions({ message }: { message: Message }) {
  const items = message.reactions;
  const may = useMay(message);
  const mine = items.find((reaction) => reaction.mine)?.emoji;
  const actions = useActions(message);
  if (!items.length && !may && !actions.length) return null;
  const kinds = [...new Set(items.map((reaction) => reaction.emoji))];
  return (
    <div class={`reactions${items.length ? '' : ' none'}`} role="group" aria-label={may || items.length ? t('Reactions') : t('What can be done')} data-testid="reactions">
      {kinds.map((emoji) => <Chip key={emoji} emoji={emoji} who={items.filter((reaction) => reaction.emoji === emoji)} run={may ? () => void react(message, emoji === mine ? null : emoji) : undefined} />)}
      {may && (
        <Menu label={t('React')} title={t('React')} class="react-add" testid="react" start grid button={<Icon name="smile" />}
          items={[...CHOICE, ...(mine && !CHOICE.includes(mine) ? [mine] : [])].map((emoji) => ({ key: emoji, label: emoji, checked: emoji === mine, run: () => void react(message, emoji === mine ? null : emoji) }))} />
      )}
      {actions.length > 0 && <MessageMenu items={actions} />}
    </div>
  );
}

/** Customers' messages on channels that take reactions. */
function useMay(message: Message): boolean {
  const detail = detailOf(message.thread_id);
  return message.kind === 'inbound' && message.removed_at === null && (detail?.channels.some((way) => way.channel_id === message.channel_id && way.usable && way.can.reactions) ?? false);
}

function Chip({ emoji, who, run }: { emoji: string; who: Reaction[]; run: (() => void) | undefined }) {
  const mine = who.some((reaction) => reaction.mine);
  const names = who.map((reaction) => reaction.by || t('Somebody')).join(', ');
  const words = t('{emoji} by {names}', { emoji, names });
  const inside = <><span aria-hidden="true">{emoji}</span>{who.length > 1 && <span class="num" aria-hidden="true">{who.length}</span>}<span class="sr">{words}</span></>;
  return mine && run ? <button type="button" class="chip mine" aria-pressed="true" title={words} onClick={run} data-testid="reaction" data-emoji={emoji}>{inside}</button>
    : <span class={`chip${mine ? ' mine' : ''}`} title={words} data-testid="reaction" data-emoji={emoji}>{inside}</span>;
}
