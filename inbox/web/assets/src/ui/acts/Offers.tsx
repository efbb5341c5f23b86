/** What is made for a customer: an order that only has to be paid, a link that fills a cart, a code that works once. */
import { useEffect, useState } from 'preact/hooks';
import { Problem } from '../../core/api';
import { type Product, price } from '../../core/commerce';
import { t } from '../../core/i18n';
import { serverNow } from '../../core/time';
import { type Act, type Opened, findProducts } from '../../store/acts';
import { Picture } from '../commerce/parts';
import { Icon } from '../parts';
import { ActSheet } from './ActSheet';
import { Field, Text, Ways, amountOf } from './fields';

const TYPING = 250;
interface Wanted { product: Product; quantity: number }

export function BasketSheet({ at }: { at: Opened }) {
  const [wanted, setWanted] = useState<Wanted[]>([]);
  const [coupon, setCoupon] = useState('');
  const lines = wanted.map(({ product, quantity }) => ({ product_id: product.id, quantity }));
  const buyer = at.shop.links.find((link) => link.state === 'linked');
  const who = at.kind === 'draft' ? { buyer_id: buyer?.buyer_id ?? '', email: buyer?.buyer?.emails[0] ?? '' } : { email: buyer?.buyer?.emails[0] ?? '' };
  const act: Act | null = lines.length ? { kind: at.kind, lines, coupon: coupon.trim(), ...who } : null;
  const add = (product: Product): void => {
    const known = wanted.find((each) => each.product.id === product.id);
    setWanted(known ? wanted.map((each) => (each === known ? { product, quantity: each.quantity + 1 } : each)) : [...wanted, { product, quantity: 1 }]);
  };
  return (
    <ActSheet at={at} act={act}>
      <ProductPicker at={at} take={add} />
      {wanted.length > 0 && <ul role="list" class="act-lines" data-testid="basket">{wanted.map((each) => (
        <li key={each.product.id}><label><span class="grow"><span dir="auto">{each.product.title}</span> <small class="muted num">{[each.product.variant, each.product.price && price(each.product.price)].filter(Boolean).join(' · ')}</small></span>
          <input class="input num" type="number" min={1} max={1000} value={each.quantity} onInput={(event) => setWanted(wanted.map((one) => (one === each ? { ...one, quantity: Math.max(1, Math.min(1000, Math.trunc(Number(event.currentTarget.value) || 1))) } : one)))} data-testid="basket-quantity" /></label>
          <button type="button" class="btn bare icon-only tiny" aria-label={t('Take out {name}', { name: each.product.title })} onClick={() => setWanted(wanted.filter((one) => one !== each))}><Icon name="x" /></button></li>))}</ul>}
      <Text label={t('Coupon code')} optional value={coupon} set={setCoupon} testid="basket-coupon" maxLength={40} />
    </ActSheet>
  );
}

function ProductPicker({ at, take }: { at: Opened; take: (product: Product) => void }) {
  const [words, setWords] = useState('');
  const [found, setFound] = useState<{ items: Product[]; text: string }>({ items: [], text: '' });
  useEffect(() => {
    if (words.trim().length < 2) {
      setFound({ items: [], text: '' });
      return undefined;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      findProducts(at.shop.id, words.trim(), abort.signal).then((items) => setFound({ items, text: items.length ? '' : t('Nothing found.') })).catch((problem: unknown) => {
        if (abort.signal.aborted) return;
        if (!(problem instanceof Problem)) throw problem;
        setFound({ items: [], text: problem.status ? problem.message : t('There is no connection to the server.') });
      });
    }, TYPING);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [words]);
  return (
    <div class="picker">
      <Field label={t('Search for products')}><input class="input" type="search" value={words} autoComplete="off" onInput={(event) => setWords(event.currentTarget.value)} data-testid="product-search" /></Field>
      <div role="status" aria-live="polite">{found.text && <p class="small muted">{found.text}</p>}</div>
      <ul role="list">{found.items.map((product) => (
        <li key={product.id}><button type="button" class="picked" onClick={() => take(product)} data-testid="product-found"><Picture product={product} /><span class="grow"><span dir="auto">{product.title}</span> <small class="muted"><bdi>{[product.variant, product.sku].filter(Boolean).join(' · ')}</bdi></small></span>
          {product.price && <span class="num">{price(product.price)}</span>}<Icon name="plus" /></button></li>))}</ul>
    </div>
  );
}

const DAY = 86_400_000;
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
/** A code that nobody guesses: 12 of 32 signs. */
const newCode = (): string => `HELLO-${Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => LETTERS[byte % 32]).join('')}`;
const dateIn = (days: number): string => new Date(serverNow() + days * DAY).toISOString().slice(0, 10);

export function CouponSheet({ at }: { at: Opened }) {
  const [way, setWay] = useState<'percent' | 'amount'>('percent');
  const [worth, setWorth] = useState('10');
  const [ends, setEnds] = useState(dateIn(30));
  const [code] = useState(newCode);
  const buyer = at.shop.links.find((link) => link.state === 'linked');
  const currency = at.shop.orders[0]?.order.total.currency ?? at.shop.carts[0]?.cart.total.currency ?? '';
  const plain = amountOf(worth);
  const until = Date.parse(`${ends}T23:59:59`);
  const valid = plain !== null && (way === 'amount' || Number(plain) <= 100) && until > serverNow();
  const off = way === 'percent' ? { percent: plain } : { amount: { amount: plain, currency } };
  const act: Act | null = valid ? { kind: 'coupon', code, ...off, ends_at: new Date(until).toISOString(), buyer_id: buyer?.buyer_id ?? '', email: buyer?.buyer?.emails[0] ?? '' } : null;
  return (
    <ActSheet at={at} act={act}>
      <Ways label={t('What is it worth?')} testid="coupon-way" chosen={way} choose={setWay} ways={[{ key: 'percent', label: t('Per cent') }, { key: 'amount', label: t('An amount'), why: currency ? '' : t('The shop’s currency is not known yet.') }]} />
      <div class="fields narrow">
        <Text label={way === 'percent' ? t('Per cent off') : t('Amount in {currency}', { currency })} value={worth} set={setWorth} testid="coupon-worth" inputMode="decimal" autoComplete="off" />
        <Text label={t('Valid until')} value={ends} set={setEnds} testid="coupon-until" type="date" />
      </div>
      <p class="small muted">{t('The code works once:')} <span class="num">{code}</span></p>
    </ActSheet>
  );
}
