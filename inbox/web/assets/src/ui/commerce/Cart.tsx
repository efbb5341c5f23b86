/** What is in the cart now. Lines that have just changed are marked for a moment. */
import { t, tn } from '../../core/i18n';
import { type CartItem, type CartView, isZero, price, webAddress } from '../../core/commerce';
import { lit } from '../../store/commerce';
import { Icon } from '../parts';
import { ProductTools } from './Product';
import { type Place, slots } from './slots';
import { Amount, Freshness, Out, Picture } from './parts';
import { cartWord } from './words';

export function CartCard({ view, ...place }: Place & { view: CartView }) {
  const { cart, fresh } = view;
  const state = cartWord(cart.state);
  const count = cart.lines.reduce((sum, line) => sum + line.quantity, 0);
  const Acts = slots.cart.value;
  return (
    <article class="shop-cart" data-testid="shop-cart" data-seq={view.seq} aria-label={t('Cart')}>
      <h4><Icon name="cart" />{t('Cart now')}{state && <span class="pill warn">{state}</span>}<span class="grow" />{count > 0 && <Amount money={cart.total} />}</h4>
      <p class="small muted facts-line"><Freshness fresh={fresh} />{cart.device && <span data-testid="device"><bdi>{cart.device}</bdi></span>}</p>
      {count === 0 ? <p class="muted small" data-testid="cart-empty">{t('The cart is empty.')}</p> : (
        <ul role="list" class="lines" aria-label={tn(count, '{n} thing in the cart', '{n} things in the cart')}>
          {cart.lines.map((line) => <CartLine key={line.id} line={line} place={place} changed={lit.value.has(`${view.id}:${line.id}`)} />)}
        </ul>
      )}
      {(cart.coupons.length > 0 || (cart.discount && !isZero(cart.discount))) && (
        <p class="small facts-line" data-testid="coupons">{cart.coupons.map((code) => <span key={code} class="pill info"><Icon name="tag" /><bdi>{code}</bdi></span>)}{cart.discount && !isZero(cart.discount) && <span class="muted">{t('Discount {amount}', { amount: price(cart.discount) })}</span>}</p>
      )}
      {webAddress(cart.recovery_url) && <p class="small"><Out href={cart.recovery_url} testid="recovery">{t('Open this cart')}</Out></p>}
      {Acts && <Acts view={view} {...place} />}
    </article>
  );
}

function CartLine({ line, place, changed }: { line: CartItem; place: Place; changed: boolean }) {
  const { product } = line;
  return (
    <li class={`line-item${changed ? ' is-changed' : ''}`} data-testid="cart-line" data-changed={changed || undefined}>
      <Picture product={product} />
      <div class="grow"><p dir="auto" class="what"><span class="num">{line.quantity} ×</span> {product.title}</p>
        <small class="muted">{product.variant && <bdi>{product.variant} · </bdi>}<span class="num">{price(line.unit)}</span>{' · '}<InStock available={line.available} wanted={line.quantity} /></small></div>
      <Amount money={line.total} />
      <ProductTools place={place} product={product} />
    </li>
  );
}

function InStock({ available, wanted }: { available: number | null; wanted: number }) {
  if (available === null) return <span>{t('stock not told')}</span>;
  if (available <= 0) return <span class="bad" data-testid="stock">{t('out of stock')}</span>;
  return <span class={available < wanted ? 'warn' : ''} data-testid="stock">{available < wanted ? tn(available, 'only {n} in stock', 'only {n} in stock') : tn(available, '{n} in stock', '{n} in stock')}</span>;
}
