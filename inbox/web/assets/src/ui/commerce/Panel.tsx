/** The shops beside the thread: one part for each shop, each with its own trouble, so that one of them never hides another. */
import { useState } from 'preact/hooks';
import { Problem } from '../../core/api';
import { t } from '../../core/i18n';
import { me } from '../../core/page';
import type { OrderView, ShopView } from '../../core/commerce';
import { loadCommerce, moreOrders, shelfOf } from '../../store/commerce';
import { toast } from '../../store/toasts';
import { Icon } from '../parts';
import { CartCard } from './Cart';
import { Match } from './Match';
import { FindOrder, Pages, Points, Worth } from './More';
import { OrderCard } from './Orders';
import { Freshness, Trouble } from './parts';
import { slots } from './slots';

interface Props { customer: number; thread: number }

export function CommercePanel({ customer, thread }: Props) {
  const { value, state, error } = shelfOf(customer).value;
  const retry = (): void => void loadCommerce(customer, { fresh: true });
  return (
    <div class="commerce" data-testid="commerce" data-state={state} aria-busy={state === 'loading'}>
      {state === 'error' && (
        <div class="sec" role="status" data-testid="commerce-error"><p class="notice"><Icon name="alert-circle" />{t('What the shop knows could not be loaded.')}</p>{error && <p class="small muted" dir="auto">{error}</p>}
          <button type="button" class="btn small" onClick={retry} data-testid="commerce-retry">{t('Try again')}</button></div>
      )}
      {value === null ? state === 'loading' && <Skeleton /> : (
        <div class={state === 'error' ? 'is-old' : undefined}>
          {value.shops.length === 0 && value.empty && <section class="sec"><Nothing empty={value.empty} searched={[]} /></section>}
          <Worth value={value.value} consents={value.shops.flatMap((shop) => shop.links.filter((link) => link.state === 'linked').flatMap((link) => link.buyer?.consents ?? []))} />
          {value.shops.map((shop) => <Shop key={shop.id} shop={shop} customer={customer} thread={thread} retry={retry} fetching={value.fetching} />)}
          <Pages items={value.viewed} />
        </div>
      )}
    </div>
  );
}

const Skeleton = () => (
  <section class="sec" role="status" data-testid="commerce-loading"><span class="sr">{t('Asking the shop')}</span><div class="skeleton card-skeleton" /><div class="skeleton line" /><div class="skeleton line" /></section>
);

/** Nothing to show: which of the four reasons it is. */
function Nothing({ empty, searched }: { empty: ShopView['empty']; searched: string[] }) {
  const [icon, words] = ((): [string, string] => {
    switch (empty) {
      case 'no_shop': return ['plug', t('No shop is connected.')];
      case 'no_address': return ['user', t('No address to search the shop with.')];
      case 'no_match': return ['search', searched.length ? t('No customer found for {list}.', { list: searched.join(', ') }) : t('No customer found.')];
      default: return ['archive', t('This customer has no orders.')];
    }
  })();
  return <p class="nothing small" data-testid="commerce-empty" data-empty={empty}><Icon name={icon} /><span dir="auto">{words}{empty === 'no_shop' && me.role === 'admin' && <> <a class="link" href="/settings/shops">{t('Connect one')}</a></>}</span></p>;
}

function Shop({ shop, customer, thread, retry, fetching }: Props & { shop: ShopView; retry: () => void; fetching: boolean }) {
  const place = { customer, thread, shop };
  const Acts = slots.shop.value;
  return (
    <section class="sec shop" aria-labelledby={`shop-${shop.id}`} data-testid="shop" data-shop={shop.id}>
      <header class="shop-head"><h3 id={`shop-${shop.id}`} dir="auto">{shop.name}</h3><span class="grow" />{fetching ? <span class="small muted" role="status">{t('updating…')}</span> : <Freshness fresh={shop.fresh} />}
        <button type="button" class="btn bare icon-only tiny" aria-label={t('Ask {shop} again', { shop: shop.name })} title={t('Ask again')} onClick={retry} data-testid="shop-refresh"><Icon name="refresh" /></button></header>
      <Trouble fresh={shop.fresh} retry={retry} />
      {shop.warning && <p class="alert warn slim" data-testid="unverified"><Icon name="shield" /><span>{shop.warning}</span></p>}
      <Match customer={customer} shop={shop} />
      {shop.carts.map((view) => <CartCard key={view.id} view={view} {...place} />)}
      {shop.empty && shop.fresh.label !== 'unavailable' && <Nothing empty={shop.empty} searched={shop.searched} />}
      {shop.orders.length > 0 && <Orders {...place} />}
      {shop.loyalty && <Points loyalty={shop.loyalty} />}
      {shop.note && <p class="small muted" data-testid="shop-note"><Icon name="info" /> {shop.note}</p>}
      {shop.can.includes('order.search') && <FindOrder place={place} />}
      {Acts && <Acts {...place} />}
    </section>
  );
}

function Orders({ customer, thread, shop }: Props & { shop: ShopView }) {
  const [more, setMore] = useState<{ items: OrderView[]; next: string | null; busy: boolean } | null>(null);
  const place = { customer, thread, shop };
  const next = more ? more.next : shop.orders_next;
  const buyer = shop.links.find((each) => each.state === 'linked')?.buyer_id ?? '';
  const known = new Set(shop.orders.map((view) => view.order.id));
  const fetchMore = async (): Promise<void> => {
    if (!next || more?.busy) return;
    setMore({ items: more?.items ?? [], next, busy: true });
    try {
      const page = await moreOrders(customer, shop.id, buyer, next);
      setMore({ items: [...more?.items ?? [], ...page.items], next: page.next, busy: false });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      setMore({ items: more?.items ?? [], next, busy: false });
      toast(problem.status ? problem.message : t('There is no connection to the server.'), { error: true, action: t('Try again'), run: () => void fetchMore() });
    }
  };
  // What the request is about is open; without that the newest.
  const first = shop.orders.find((view) => view.about)?.order.id ?? shop.orders[0]?.order.id;
  return (
    <div class="orders" data-testid="orders">
      <h4>{t('Orders')}</h4>
      {[...shop.orders, ...(more?.items ?? []).filter((view) => !known.has(view.order.id))].map((view) => <OrderCard key={view.order.id} view={view} open={view.order.id === first} {...place} />)}
      {next && <button type="button" class="btn small bare" aria-busy={more?.busy === true} onClick={() => void fetchMore()} data-testid="orders-more">{t('Older orders')}</button>}
    </div>
  );
}
