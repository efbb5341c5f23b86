/** What a customer did to the cart meanwhile: one quiet line, which opens. */
import { t, tn } from '../core/i18n';
import { type Money, price } from '../core/commerce';
import { full, now, stamp } from '../core/time';
import type { Message } from '../core/types';
import { peekMessage } from '../store/store';
import { Icon } from './parts';

/** The data of such a line, as inbox/commerce/cart_rules.py has it: what is in the cart then. */
interface Told { cart_id: number; shop: string; state: string; items: { title: string; quantity: number }[]; more: number; total: Money }
const told = (message: Message): Told | null => {
  const data = message.system?.data;
  return Array.isArray(data?.['items']) && typeof data['total'] === 'object' && data['total'] !== null ? data as unknown as Told : null;
};

/** What is other than before, each in words; null where that cannot be told. */
function changes(before: Told | null, after: Told): string[] | null {
  if (before?.cart_id !== after.cart_id || before.more || after.more) return null;
  const counts = new Map<string, number>();
  for (const { title, quantity } of after.items) counts.set(title, (counts.get(title) ?? 0) + quantity);
  for (const { title, quantity } of before.items) counts.set(title, (counts.get(title) ?? 0) - quantity);
  const found = [...counts].filter(([, n]) => n !== 0).map(([title, n]) => (n > 0 ? t('{n} × {title} added', { n, title }) : t('{n} × {title} removed', { n: -n, title })));
  return found.length ? found : null;
}

/** "Cart: 2 × Walnut bowl added · 48.00 EUR", or what is in it. */
function line(message: Message, before: Message | undefined): string {
  const data = told(message);
  if (!data) return message.body_text;
  if (data.state === 'converted') return t('The cart at {shop} became an order', { shop: data.shop });
  if (!data.items.length) return t('The cart at {shop} is empty', { shop: data.shop });
  const goods = changes(before ? told(before) : null, data) ?? data.items.map(({ title, quantity }) => t('{n} × {title}', { n: quantity, title }));
  const more = data.more ? ` ${tn(data.more, 'and {n} more', 'and {n} more')}` : '';
  return `${t('Cart: {goods}', { goods: goods.join(', ') })}${more} · ${price(data.total)}`;
}

/** `run`: all the lines that are this one, oldest first. */
export function CartLine({ message, run }: { message: Message; run: number[] }) {
  const all = run.length ? run.map(peekMessage) : [message];
  const newest = all.at(-1) ?? message;
  return (
    <article class="sys cart-line" tabIndex={-1} aria-posinset={message.seq} aria-setsize={-1} aria-labelledby={`by-${message.id}`} data-anchor data-testid="system-line" data-code="cart_changed" data-seq={message.seq}>
      <details data-testid="cart-line-details"><summary><Icon name="cart" /><span dir="auto" id={`by-${message.id}`}>{line(newest, all.at(-2))}</span> · <time class="num" dateTime={newest.created_at} title={full(newest.created_at)}>{stamp(newest.created_at, now.value)}</time>
        {all.length > 1 && <span class="pill" data-testid="cart-line-count">{tn(all.length, '{n} change', '{n} changes')}</span>}</summary>
        <ul role="list">{all.map((each, index) => <li key={each.id}><span dir="auto">{line(each, all[index - 1])}</span> <time class="num" dateTime={each.created_at}>{stamp(each.created_at, now.value)}</time></li>)}</ul></details>
    </article>
  );
}
