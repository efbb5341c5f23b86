/** A product's small tools: what each store has of it, and putting it into the reply. */
import { useEffect, useState } from 'preact/hooks';
import { Problem } from '../../core/api';
import { t, tn } from '../../core/i18n';
import { clock } from '../../core/time';
import { type Fresh, type Product, type StockLevel, webAddress } from '../../core/commerce';
import { stockOf } from '../../store/commerce';
import { Sheet } from '../Sheet';
import { Menu, type MenuEntry } from '../Menu';
import { Icon } from '../parts';
import { insertProduct, insertStock } from './inserting';
import type { Place } from './slots';

export function ProductTools({ place, product }: { place: Place; product: Product }) {
  const [open, setOpen] = useState(false);
  const items: MenuEntry[] = [{ key: 'insert', label: t('Insert into the reply'), icon: <Icon name="reply" />, run: () => insertProduct(place, product) }];
  if (place.shop.can.includes('stock.read')) items.push({ key: 'stock', label: t('Stock in the stores'), icon: <Icon name="pin" />, run: () => setOpen(true) });
  if (webAddress(product.url)) items.push({ key: 'open', label: t('Show in the shop'), icon: <Icon name="external" />, href: product.url });
  return (
    <>
      <Menu label={t('{name}: more', { name: product.title })} button={<Icon name="more" />} class="btn bare icon-only tiny" items={items} testid="product-tools" />
      {open && <Stock place={place} product={product} close={() => setOpen(false)} />}
    </>
  );
}

type Found = { state: 'loading' } | { state: 'error'; text: string } | { state: 'idle'; items: StockLevel[]; fresh: Fresh };

function Stock({ place, product, close }: { place: Place; product: Product; close: () => void }) {
  const [found, setFound] = useState<Found>({ state: 'loading' });
  const load = (): void => {
    setFound({ state: 'loading' });
    stockOf(place.shop.id, product.id).then(({ items, fresh }) => setFound({ state: 'idle', items, fresh })).catch((problem: unknown) => {
      if (!(problem instanceof Problem)) throw problem;
      setFound({ state: 'error', text: problem.status ? problem.message : t('There is no connection to the server.') });
    });
  };
  useEffect(load, []);
  return (
    <Sheet title={t('Stock: {name}', { name: product.title })} testid="stock-sheet" close={close}>
      {found.state === 'error' ? <div class="alert warn" role="alert"><Icon name="alert-circle" /><span class="grow">{found.text}</span><button type="button" class="btn small" onClick={load}>{t('Try again')}</button></div>
        : found.state !== 'idle' ? <p role="status" class="muted">{t('Loading…')}</p> : (
          <>
            {found.fresh.at && <p class="muted small">{t('Stock as of {time}', { time: clock(found.fresh.at) })}</p>}
            {found.items.length === 0 && <p>{t('The shop tells no stock of this product.')}</p>}
            <ul role="list" class="stock-list">{found.items.map((level) => (
              <li key={level.location_id} data-testid="stock-level"><span class="grow"><b dir="auto">{level.location}</b>{level.pickup && <small class="muted"> {t('pick-up possible')}</small>}</span>
                <span class={`num ${level.available > 0 ? 'ok' : 'bad'}`}>{level.available > 0 ? tn(level.available, '{n} available', '{n} available') : t('none')}</span>
                {level.incoming ? <small class="muted num">{t('{n} on the way', { n: level.incoming })}</small> : null}
                <button type="button" class="btn small" onClick={() => { close(); insertStock(place, product, level, found.fresh); }} data-testid="stock-insert">{t('Insert')}</button></li>))}</ul>
          </>
        )}
    </Sheet>
  );
}
