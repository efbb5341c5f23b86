/** The menus from which something of a shop's goes into the reply. What is only the customer's business is asked about when
 *  nothing proves that he is the buyer. */
import { useState } from 'preact/hooks';
import { t } from '../../core/i18n';
import type { OrderView } from '../../core/commerce';
import { NEEDS, openAct, whyNot } from '../../store/acts';
import { shelfOf } from '../../store/commerce';
import { VARIABLES, aboutOrder, cartText, fill, orderText, pickupText, trackingText } from '../../store/inserts';
import { threadOf } from '../../store/store';
import { Menu, type MenuEntry } from '../Menu';
import { Sheet } from '../Sheet';
import { ICON, nameOf } from '../acts/words';
import { Icon } from '../parts';
import { insertText } from './inserting';
import type { Place } from './slots';

interface Wanted { text: string; personal: boolean }

function entriesOf(view: OrderView, take: (wanted: Wanted) => void): MenuEntry[] {
  const { order } = view;
  const choices: [string, string, string, string][] = [
    ['summary', 'list', t('Order summary'), orderText(order)], ['tracking', 'package', t('Tracking link'), trackingText(order)], ['pickup', 'pin', t('Pick-up details'), pickupText(order)],
  ];
  return choices.filter(([, , , text]) => text).map(([key, icon, label, text]) => ({ key, label, icon: <Icon name={icon} />, run: () => take({ text, personal: true }) }));
}

/** Beside an order. */
export function InsertOrder({ place, view }: { place: Place; view: OrderView }) {
  const [asking, setAsking] = useState<Wanted | null>(null);
  const take = (wanted: Wanted): void => {
    if (place.shop.warning) setAsking(wanted);
    else void insertText(place.thread, wanted.text);
  };
  return (
    <>
      <Menu label={t('of order {number} into the reply', { number: view.order.number })} button={<><Icon name="reply" />{t('Insert')}</>} class="btn small" start testid="order-insert" items={entriesOf(view, take)} />
      {asking && <AskUnproved thread={place.thread} text={asking.text} close={() => setAsking(null)} />}
    </>
  );
}

/** In the composer: the order that the request is about, the cart, and the variables with what they stand for now. */
export function InsertMenu({ thread }: { thread: number }) {
  const [asking, setAsking] = useState<Wanted | null>(null);
  const customer = threadOf(thread)?.customer;
  const view = customer ? shelfOf(customer.id).value.value : null;
  if (!customer || !view?.shops.length) return null;
  const found = aboutOrder(view);
  const take = (wanted: Wanted, warned: boolean): void => {
    if (wanted.personal && warned) setAsking(wanted);
    else void insertText(thread, wanted.text);
  };
  const items: MenuEntry[] = [];
  for (const shop of view.shops) {
    const orders = shop.orders.filter((each) => each.about);
    for (const order of orders) items.push({ head: t('Order {number}', { number: order.order.number }) }, ...entriesOf(order, (wanted) => take(wanted, shop.warning !== null)).map((entry) => (typeof entry === 'object' && 'key' in entry ? { ...entry, key: `${shop.id}/${order.order.id}/${entry.key}` } : entry)));
    for (const { id, cart } of shop.carts) if (cart.lines.length) items.push({ key: `cart${id}`, label: t('What is in the cart'), icon: <Icon name="cart" />, run: () => take({ text: cartText(cart.lines, cart.total), personal: true }, shop.warning !== null) });
  }
  const made: ('cart_link' | 'coupon')[] = ['cart_link', 'coupon'];
  const offers = view.shops.flatMap((shop): MenuEntry[] => made.filter((kind) => !whyNot(shop, null, NEEDS[kind])).map((kind) => ({
    key: `${kind}${shop.id}`, label: nameOf(kind), icon: <Icon name={ICON[kind]} />, ...(view.shops.length > 1 ? { note: shop.name } : {}), run: () => void openAct(shop.id, customer.id, thread, kind, null),
  })));
  if (offers.length) items.push({ head: t('Made in the shop first') }, ...offers);
  items.push({ head: found ? t('Filled when you send') : t('Filled when you send, once an order is marked as what this is about') });
  for (const name of VARIABLES) {
    const sign = `{{${name}}}`;
    const now = fill(sign, customer.name, view);
    const empty = now.gaps.length + now.unproved.length > 0;
    items.push({ key: name, label: <span class="num">{sign}</span>, note: now.unproved.length ? t('nothing proves that the order is the customer’s') : empty ? t('nothing to fill in') : now.text, disabled: empty, run: () => void insertText(thread, sign) });
  }
  return (
    <>
      <Menu label={t('Insert from the shop')} title={t('Insert from the shop')} button={<Icon name="cart" />} class="btn bare icon-only" up start wide testid="insert" items={items} />
      {asking && <AskUnproved thread={thread} text={asking.text} close={() => setAsking(null)} />}
    </>
  );
}

function AskUnproved({ thread, text, close }: { thread: number; text: string; close: () => void }) {
  return (
    <Sheet title={t('Nobody has proved who this is')} testid="insert-ask" close={close} footer={<>
      <button type="button" class="btn" onClick={() => { close(); void insertText(thread, text); }} data-testid="insert-anyway">{t('Insert anyway')}</button>
      <button type="button" class="btn main" autofocus onClick={close} data-testid="insert-back">{t('Do not insert')}</button></>}>
      <p>{t('These data belong to a customer of the shop, and nothing proves that the writer is that customer. Whoever reads the reply learns them.')}</p>
      <p class="code" dir="auto">{text}</p>
    </Sheet>
  );
}
