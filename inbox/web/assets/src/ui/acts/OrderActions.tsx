/** The menus from which something is done: with an order, and for the customer. What is not possible is there and says why. */
import { t } from '../../core/i18n';
import { type Kind, NEEDS, opened, whyNot } from '../../store/acts';
import type { OrderView } from '../../core/commerce';
import type { Place } from '../commerce/slots';
import { Menu, type MenuItem } from '../Menu';
import { Icon } from '../parts';
import { OpenActs } from './OpenActs';
import { ICON, nameOf } from './words';

const WITH_ORDER: Kind[] = ['refund', 'cancel', 'address', 'reship', 'return', 'note'];
const FOR_CUSTOMER: Kind[] = ['draft', 'cart_link', 'coupon'];

function items(place: Place, view: OrderView | null, kinds: Kind[]): MenuItem[] {
  const order = view?.order ?? null;
  return kinds.map((kind) => {
    const first = whyNot(place.shop, order, NEEDS[kind]);
    // Some shops only take single lines back.
    const why = kind === 'refund' && first && !whyNot(place.shop, order, 'order.refund_lines') ? '' : first;
    return {
      key: kind, label: nameOf(kind), icon: <Icon name={ICON[kind]} />, disabled: Boolean(why), ...(why ? { note: why } : {}),
      run: () => { opened.value = { shop: place.shop, customer: place.customer, thread: place.thread, kind, order }; },
    };
  });
}

export function OrderActions({ view, ...place }: Place & { view: OrderView }) {
  return <div class="actions"><Menu label={t('with order {number}', { number: view.order.number })} button={<>{t('Actions')}<Icon name="chevron-down" /></>} class="btn small" start testid="order-actions" items={items(place, view, WITH_ORDER)} /></div>;
}

export function ShopActions(place: Place) {
  const found = items(place, null, FOR_CUSTOMER);
  return (
    <>
      <OpenActs customer={place.customer} shop={place.shop.id} />
      {found.some((item) => !item.disabled) && <div class="actions"><Menu label={t('for the customer, in {shop}', { shop: place.shop.name })} button={<>{t('Make')}<Icon name="chevron-down" /></>} class="btn small" start testid="shop-actions" items={found} /></div>}
    </>
  );
}
