/** Putting something into the reply of a thread, where the caret stands. */
import { t } from '../../core/i18n';
import type { Fresh, Product, StockLevel } from '../../core/commerce';
import { bound, isRich, usual } from '../../store/answering';
import { boxOf, edit } from '../../store/drafts';
import { carded, productText, stockText } from '../../store/inserts';
import { drawer } from '../../store/router';
import { details } from '../../store/store';
import { toast } from '../../store/toasts';
import { focusSoon, modeOf } from '../../store/ui';
import { insert } from '../Field';
import type { Place } from './slots';

/** As if typed, so that the browser's own undo takes it back; where no field is open it is added to the draft. */
export async function insertText(thread: number, words: string): Promise<void> {
  if (!words) return;
  const ways = details.get(thread)?.peek().channels ?? [];
  const text = carded(words, isRich(bound(ways, boxOf(thread, 'reply').content.peek()) ?? usual(ways)));
  modeOf(thread).value = 'reply';
  drawer.value = false;
  const selector = `[data-testid=composer][data-thread="${thread}"][data-mode=reply] textarea`;
  await focusSoon(selector);
  const area = document.querySelector<HTMLTextAreaElement>(selector);
  if (!area) {
    const box = boxOf(thread, 'reply');
    const { body } = box.content.peek();
    edit(box, { body: body ? `${body.trimEnd()}\n\n${text}` : text });
    toast(t('Added to your draft'));
    return;
  }
  const before = area.value.slice(0, area.selectionStart);
  const block = text.includes('\n');
  const gap = !block || !before || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n';
  insert(area, `${gap}${text}${block ? '\n\n' : ''}`);
}

export const insertProduct = (place: Place, product: Product): void => void insertText(place.thread, productText(product));
export const insertStock = (place: Place, product: Product, level: StockLevel, fresh: Fresh): void => void insertText(place.thread, stockText(product, level, fresh.at));
