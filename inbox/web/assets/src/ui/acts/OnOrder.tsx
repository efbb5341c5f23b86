/** What is done with an order besides money: its address, sending it again, a note, a return. */
import { useEffect, useState } from 'preact/hooks';
import { Problem } from '../../core/api';
import type { Address, StockLevel } from '../../core/commerce';
import { t } from '../../core/i18n';
import type { Opened } from '../../store/acts';
import { stockOf } from '../../store/commerce';
import { ActSheet } from './ActSheet';
import { Field, LineQuantities, type Quantities, Text, Ways, some } from './fields';

const NOWHERE: Address = { name: '', lines: [], city: '', region: '', postcode: '', country: '', phone: '' };

export function AddressSheet({ at }: { at: Opened }) {
  const before = at.order?.ship_to ?? NOWHERE;
  const [to, setTo] = useState<Address>(before);
  if (!at.order) return null;
  const set = (part: Partial<Address>): void => setTo({ ...to, ...part });
  const lines = [to.lines[0] ?? '', to.lines[1] ?? ''];
  const tidy = { ...to, country: to.country.trim().toUpperCase(), lines: lines.map((line) => line.trim()).filter(Boolean) };
  const whole = tidy.name.trim() && tidy.lines.length && tidy.city.trim() && tidy.country && JSON.stringify(tidy) !== JSON.stringify(before);
  return (
    <ActSheet at={at} act={whole ? { kind: 'address', order_id: at.order.id, to: tidy } : null}>
      <Text label={t('Name')} value={to.name} set={(name) => set({ name })} testid="address-name" maxLength={200} />
      <Text label={t('Street and number')} value={lines[0] ?? ''} set={(line) => set({ lines: [line, lines[1] ?? ''] })} testid="address-line1" maxLength={200} />
      <Text label={t('Second line')} optional value={lines[1] ?? ''} set={(line) => set({ lines: [lines[0] ?? '', line] })} testid="address-line2" maxLength={200} />
      <div class="fields narrow">
        <Text label={t('Postcode')} value={to.postcode} set={(postcode) => set({ postcode })} testid="address-postcode" maxLength={20} />
        <Text label={t('Town')} value={to.city} set={(city) => set({ city })} testid="address-city" maxLength={100} />
        <Text label={t('Region')} optional value={to.region} set={(region) => set({ region })} testid="address-region" maxLength={100} />
        <Text label={t('Country')} value={to.country} set={(country) => set({ country })} testid="address-country" maxLength={2} hint={t('Two letters, such as DE')} />
      </div>
      <Text label={t('Phone')} optional value={to.phone} set={(phone) => set({ phone })} testid="address-phone" maxLength={40} type="tel" />
    </ActSheet>
  );
}

export function ReshipSheet({ at }: { at: Opened }) {
  const [way, setWay] = useState<'all' | 'lines'>('all');
  const [lines, setLines] = useState<Quantities>({});
  if (!at.order) return null;
  const found = some(lines);
  const act = way === 'all' ? { kind: 'reship' as const, order_id: at.order.id } : found ? { kind: 'reship' as const, order_id: at.order.id, lines: found } : null;
  return (
    <ActSheet at={at} act={act}>
      <Ways label={t('What is sent again, for nothing?')} testid="reship-way" chosen={way} choose={setWay} ways={[{ key: 'all', label: t('The whole order') }, { key: 'lines', label: t('Some things') }]} />
      {way === 'lines' && <LineQuantities lines={at.order.lines} most={(line) => line.quantity} value={lines} set={setLines} />}
    </ActSheet>
  );
}

export function NoteSheet({ at }: { at: Opened }) {
  const [text, setText] = useState('');
  if (!at.order) return null;
  return (
    <ActSheet at={at} act={text.trim() ? { kind: 'note', order_id: at.order.id, text: text.trim() } : null}>
      <Field label={t('Note for the shop’s people')} hint={t('The customer may see it, if the shop shows notes.')}><textarea class="input" maxLength={2000} rows={4} value={text} onInput={(event) => setText(event.currentTarget.value)} data-testid="note-text" /></Field>
    </ActSheet>
  );
}

export function ReturnSheet({ at }: { at: Opened }) {
  const [lines, setLines] = useState<Quantities>({});
  const [where, setWhere] = useState<'' | 'carrier' | 'store'>('');
  const [store, setStore] = useState('');
  const stores = useStores(at);
  const order = at.order;
  if (!order) return null;
  const found = some(lines);
  const drop = where === 'store' ? (store ? `store:${store}` : null) : where;
  return (
    <ActSheet at={at} act={found && drop !== null ? { kind: 'return', order_id: order.id, lines: found, drop_off: drop } : null}>
      <LineQuantities lines={order.lines} most={(line) => Math.max(0, line.quantity - line.returned)} value={lines} set={setLines} />
      <Ways label={t('How do they come back?')} testid="return-where" chosen={where} choose={setWhere} ways={[
        { key: '', label: t('The shop decides') }, { key: 'carrier', label: t('By parcel') }, { key: 'store', label: t('To a store'), why: stores.length ? '' : t('The shop tells no stores.') }]} />
      {where === 'store' && <Field label={t('Store')}><select class="input" value={store} onChange={(event) => setStore(event.currentTarget.value)} data-testid="return-store"><option value="">{t('Choose a store')}</option>
        {stores.map((each) => <option key={each.location_id} value={each.location_id}>{each.location}</option>)}</select></Field>}
    </ActSheet>
  );
}

/** Stores that hand out orders take them back, too. */
function useStores(at: Opened): StockLevel[] {
  const [stores, setStores] = useState<StockLevel[]>([]);
  const product = at.order?.lines[0]?.product.id;
  useEffect(() => {
    if (product === undefined || !at.shop.can.includes('stock.read')) return;
    stockOf(at.shop.id, product).then(({ items }) => setStores(items.filter((level) => level.pickup))).catch((problem: unknown) => {
      if (!(problem instanceof Problem)) throw problem; // without stores the other ways are left
    });
  }, []);
  return stores;
}
