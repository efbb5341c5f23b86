/** Orders: the last one open, the others a line each that opens. */
import { useState } from 'preact/hooks';
import { t, tn } from '../../core/i18n';
import { day, full, now, stamp } from '../../core/time';
import { type Address, type Fulfilment, type Order, type OrderView, type Return, isZero, less, price, webAddress } from '../../core/commerce';
import { about } from '../../store/commerce';
import { Icon } from '../parts';
import { InsertOrder } from './Insert';
import { ProductTools } from './Product';
import { type Place, slots } from './slots';
import { Amount, Freshness, Out, Picture, Pill, labelOf } from './parts';
import { orderBadges, progressBadge, returnBadge, wayWord } from './words';

export function OrderCard({ view, open, ...place }: Place & { view: OrderView; open?: boolean }) {
  const { order } = view;
  // What nobody has opened is not put into the page.
  const [shown, setShown] = useState(open === true);
  return (
    <details class={`order${view.about ? ' is-about' : ''}`} open={open} onToggle={(event) => { if (event.currentTarget.open) setShown(true); }} data-testid="order" data-number={order.number}>
      <summary><span class="order-line"><b class="num"><bdi>{order.number}</bdi></b>{order.placed_at && <span class="muted" title={full(order.placed_at)}>{day(order.placed_at)}</span>}<span class="grow" /><Amount money={order.total} /></span>
        <span class="badges" data-testid="order-badges">{view.about && <span class="pill info"><Icon name="pin" />{t('this request')}</span>}{orderBadges(order).map((badge) => <Pill key={badge.text} badge={badge} />)}</span></summary>
      {shown && <Body view={view} place={place} />}
    </details>
  );
}

function Body({ view, place }: { view: OrderView; place: Place }) {
  const { order } = view;
  const Acts = slots.order.value;
  const [busy, setBusy] = useState(false);
  const toggle = (): void => {
    setBusy(true);
    void about(place.customer, place.thread, place.shop.id, order.id, !view.about).finally(() => setBusy(false));
  };
  return (
    <div class="order-body">
      <p class="small muted facts-line">{labelOf(view.fresh, now.value) !== labelOf(place.shop.fresh, now.value) && <Freshness fresh={view.fresh} />}{order.sales_channel && <bdi>{order.sales_channel}</bdi>}{order.store && <bdi>{order.store}</bdi>}</p>
      <ul role="list" class="lines">{order.lines.map((line) => (
        <li key={line.id} class="line-item" data-testid="order-item"><Picture product={line.product} />
          <div class="grow"><p dir="auto" class="what"><span class="num">{line.quantity} ×</span> {line.product.title}</p>
            <small class="muted"><bdi>{[line.product.variant, line.product.sku].filter(Boolean).join(' · ')}</bdi>{line.returned > 0 && <span class="warn"> {tn(line.returned, '{n} returned', '{n} returned')}</span>}</small></div>
          <Amount money={line.total} /><ProductTools place={place} product={line.product} /></li>))}</ul>
      <Totals order={order} />
      {order.fulfilments.map((part) => <Part key={part.id} part={part} />)}
      {order.returns.map((part) => <ReturnItem key={part.id} part={part} />)}
      {order.refunds.length > 0 && <ul role="list" class="small">{order.refunds.map((refund) => <li key={refund.id} data-testid="refund">{t('Refunded {amount}', { amount: price(refund.amount) })}{refund.at && <span class="muted"> · {day(refund.at)}</span>}{refund.reason && <span class="muted"> · <bdi>{refund.reason}</bdi></span>}</li>)}</ul>}
      {order.ship_to && <ShipTo to={order.ship_to} />}
      {order.note && <p class="small" dir="auto"><Icon name="note" /> {order.note}</p>}
      {order.tags.length > 0 && <p class="tags-line">{order.tags.map((tag) => <span key={tag} class="pill"><bdi>{tag}</bdi></span>)}</p>}
      <div class="actions">
        <InsertOrder place={place} view={view} />
        <button type="button" class="btn small" aria-pressed={view.about} aria-busy={busy} onClick={toggle} data-testid="order-about"><Icon name="pin" />{view.about ? t('About this order') : t('Is it about this?')}</button>
        {webAddress(order.admin_url) && <Out href={order.admin_url} testid="order-admin">{t('Open in the shop')}</Out>}
      </div>
      {Acts && <Acts view={view} {...place} />}
    </div>
  );
}

function Totals({ order }: { order: Order }) {
  const rows: [string, string, string?][] = [];
  if (order.shipping) rows.push([t('Shipping'), price(order.shipping)]);
  if (order.tax && !isZero(order.tax)) rows.push([t('Tax'), price(order.tax)]);
  if (order.discount && !isZero(order.discount)) rows.push([order.coupons.length ? t('Discount ({codes})', { codes: order.coupons.join(', ') }) : t('Discount'), price(order.discount)]);
  rows.push([t('Total'), price(order.total), 'is-sum']);
  if (order.refunded && !isZero(order.refunded)) {
    rows.push([t('Refunded'), price(order.refunded)]);
    if (order.refunded.currency === order.total.currency) rows.push([t('Remains'), price(less(order.total, order.refunded)), 'is-sum']);
  }
  return <dl class="totals" data-testid="totals">{rows.map(([name, value, kind]) => <div key={name} class={kind}><dt>{name}</dt><dd class="num">{value}</dd></div>)}</dl>;
}

function Part({ part }: { part: Fulfilment }) {
  const overdue = part.until !== null && part.progress === 'ready_for_pickup' && Date.parse(part.until) < now.value;
  const times: [string | null, string][] = [
    [part.ready_at && part.way.startsWith('pickup') ? part.ready_at : null, t('ready since')], [part.shipped_at, t('sent')], [part.done_at, part.progress === 'picked_up' ? t('picked up') : t('arrived')], [part.done_at ? null : part.eta, t('expected')],
  ];
  return (
    <section class="part" data-testid="fulfilment">
      <p><Icon name={part.way.startsWith('pickup') || part.way === 'in_store' ? 'pin' : 'package'} /><b>{wayWord(part.way)}</b><Pill badge={progressBadge(part)} testid="progress" /></p>
      {part.store && <p dir="auto" data-testid="pickup-store">{part.store}</p>}
      {times.some(([at]) => at) && <p class="muted facts-line">{times.map(([at, word]) => at && <span key={word} title={full(at)}>{word} {stamp(at, now.value)}</span>)}</p>}
      {part.until && !part.done_at && <p class={overdue ? 'bad' : 'muted'} title={full(part.until)} data-testid="pickup-until">{overdue ? t('was kept until {time}', { time: stamp(part.until, now.value) }) : t('kept until {time}', { time: stamp(part.until, now.value) })}</p>}
      {part.tracking.map((parcel, index) => (
        <p key={index} data-testid="tracking">{webAddress(parcel.url) ? <Out href={parcel.url}>{[parcel.carrier, parcel.number].filter(Boolean).join(' ') || t('Track the parcel')}</Out> : <bdi>{[parcel.carrier, parcel.number].filter(Boolean).join(' ')}</bdi>}</p>))}
    </section>
  );
}

function ReturnItem({ part }: { part: Return }) {
  const where = part.drop_off.startsWith('store:') ? t('to be brought to a store') : part.drop_off === 'carrier' ? t('comes by parcel') : '';
  const count = Object.values(part.lines).reduce((sum, n) => sum + n, 0);
  return (
    <section class="part" data-testid="return"><p><Icon name="undo" /><b>{t('Return')}</b><Pill badge={returnBadge(part)} /></p>
      <p class="muted">{[count ? tn(count, '{n} thing', '{n} things') : '', where, part.reason].filter(Boolean).join(' · ')}</p>
      {webAddress(part.label_url) && <p><Out href={part.label_url}>{t('Return label')}</Out></p>}</section>
  );
}

function ShipTo({ to }: { to: Address }) {
  const town = [to.postcode, to.city].filter(Boolean).join(' ');
  const lines = [to.name, ...to.lines, town, to.region, to.country, to.phone].filter(Boolean);
  return lines.length > 0 && <details class="small" data-testid="ship-to"><summary>{t('Delivery address')}</summary><address dir="auto">{lines.map((line, index) => <span key={index}>{line}<br /></span>)}</address></details>;
}
