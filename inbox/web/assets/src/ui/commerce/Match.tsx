/** Who the customer is in a shop: why we think so and how sure we are; choosing among several; taking it back. */
import { t } from '../../core/i18n';
import type { ShopLink, ShopView } from '../../core/commerce';
import { price, webAddress } from '../../core/commerce';
import { link, unlink } from '../../store/commerce';
import { Menu } from '../Menu';
import { Icon } from '../parts';
import { Out } from './parts';
import { matchWord } from './words';

interface Props { customer: number; shop: ShopView }
const nameOf = ({ buyer, buyer_id, value }: ShopLink): string => buyer?.name || buyer?.emails[0] || value || buyer_id;

export function Match({ customer, shop }: Props) {
  const linked = shop.links.filter((each) => each.state === 'linked');
  const suggested = shop.links.filter((each) => each.state === 'suggested');
  return (
    <>
      {linked.map((each) => <Linked key={each.id} item={each} customer={customer} />)}
      {suggested.length > 0 && (
        <section class="chooser" data-testid={shop.choose ? 'chooser' : 'suggestions'}>
          <h4><Icon name="users" />{shop.choose ? t('Who of them is it?') : t('Is this the same person?')}</h4>
          {shop.choose && <p class="small muted">{t('Several customers of the shop fit. Orders are shown once one is chosen.')}</p>}
          <ul role="list">{suggested.map((each) => <Suggested key={each.id} item={each} customer={customer} shop={shop} />)}</ul>
        </section>
      )}
    </>
  );
}

function Linked({ item, customer }: { item: ShopLink; customer: number }) {
  const admin = webAddress(item.buyer?.admin_url ?? '');
  return (
    <p class="matched small" data-testid="match" data-by={item.by} data-verified={item.verified}>
      <span class={item.verified ? 'ok' : 'warn'}><Icon name={item.verified ? 'shield-check' : 'shield'} /></span>
      <span class="grow"><bdi title={item.value}>{matchWord(item)}</bdi>, {item.verified ? t('verified') : t('not verified')}{item.buyer?.guest && <> · {t('guest')}</>}
        {item.buyer?.note && <small class="muted" dir="auto">{item.buyer.note}</small>}</span>
      {admin && <Out href={admin} testid="buyer-admin">{t('Profile')}</Out>}
      <Menu label={t('{name}: link', { name: nameOf(item) })} button={<Icon name="more" />} class="btn bare icon-only tiny" testid="link-menu" items={[
        { key: 'unlink', label: t('Unlink'), note: t('May be found again'), icon: <Icon name="split" />, run: () => void unlink(customer, item.id, false) },
        { key: 'never', label: t('It is somebody else'), note: t('Never shown here again'), icon: <Icon name="x" />, run: () => void unlink(customer, item.id, true) },
      ]} />
    </p>
  );
}

function Suggested({ item, customer, shop }: { item: ShopLink; customer: number; shop: ShopView }) {
  const facts = [item.buyer?.emails[0], item.buyer?.phones[0], item.buyer?.orders_count === null || item.buyer === null ? '' : t('orders: {n}', { n: item.buyer.orders_count }), item.buyer?.spent ? price(item.buyer.spent) : ''].filter(Boolean);
  return (
    <li class="candidate" data-testid="candidate"><b dir="auto">{nameOf(item)}</b><small class="muted"><bdi>{matchWord(item)}{item.value && item.by !== 'order_number' ? `: ${item.value}` : ''}</bdi></small>
      {facts.length > 0 && <small class="muted"><bdi>{facts.join(' · ')}</bdi></small>}
      <span class="actions"><button type="button" class="btn small" onClick={() => void link(customer, shop.id, item.buyer_id)} data-testid="link-it"><Icon name="check" />{t('Link')}<span class="sr"> {nameOf(item)}</span></button>
        <button type="button" class="btn small bare" onClick={() => void unlink(customer, item.id, true)} data-testid="reject-it">{t('Not this one')}<span class="sr">: {nameOf(item)}</span></button></span></li>
  );
}
