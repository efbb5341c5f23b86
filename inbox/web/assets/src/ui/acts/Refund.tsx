/** Giving money back, and cancelling. */
import { useState } from 'preact/hooks';
import { less, price } from '../../core/commerce';
import { t } from '../../core/i18n';
import { type Act, type Opened, whyNot } from '../../store/acts';
import { ActSheet } from './ActSheet';
import { Check, LineQuantities, type Quantities, Text, Ways, amountOf, some } from './fields';

type Way = 'all' | 'lines' | 'amount';

export function RefundSheet({ at }: { at: Opened }) {
  const order = at.order;
  const [way, setWay] = useState<Way>('all');
  const [lines, setLines] = useState<Quantities>({});
  const [shipping, setShipping] = useState(false);
  const [amount, setAmount] = useState('');
  const [restock, setRestock] = useState(false);
  const [notify, setNotify] = useState(true);
  if (!order) return null;
  const whole = whyNot(at.shop, order, 'order.refund');
  const parts = whyNot(at.shop, order, 'order.refund_lines');
  const chosen = whole && way !== 'lines' ? 'lines' : way;
  const left = order.refunded && order.refunded.currency === order.total.currency ? less(order.total, order.refunded) : order.total;
  const rest = { order_id: order.id, restock, notify };
  const act = ((): Act | null => {
    if (chosen === 'all') return { kind: 'refund', ...rest };
    if (chosen === 'amount') {
      const plain = amountOf(amount);
      return plain === null ? null : { kind: 'refund', ...rest, amount: { amount: plain, currency: order.total.currency } };
    }
    const found = some(lines);
    return found || shipping ? { kind: 'refund', ...rest, shipping, ...(found ? { lines: found } : {}) } : null;
  })();
  return (
    <ActSheet at={at} act={act}>
      <Ways label={t('What is refunded?')} testid="refund-way" chosen={chosen} choose={setWay} ways={[
        { key: 'all', label: t('Everything that is left ({amount})', { amount: price(left) }), why: whole }, { key: 'lines', label: t('Some things'), why: parts }, { key: 'amount', label: t('An amount'), why: whole }]} />
      {chosen === 'lines' && <><LineQuantities lines={order.lines} most={(line) => line.refundable} value={lines} set={setLines} />
        {order.shipping && <Check label={t('Shipping ({amount})', { amount: price(order.shipping) })} on={shipping} set={setShipping} testid="refund-shipping" />}</>}
      {chosen === 'amount' && <Text label={t('Amount in {currency}', { currency: order.total.currency })} value={amount} set={setAmount} testid="refund-amount" inputMode="decimal" autoComplete="off" hint={t('At most {amount}', { amount: price(left) })} />}
      {chosen !== 'amount' && <Check label={t('Put the goods back into stock')} on={restock} set={setRestock} testid="act-restock" />}
      <Check label={t('Let the shop tell the customer')} on={notify} set={setNotify} testid="act-notify" />
    </ActSheet>
  );
}

export function CancelSheet({ at }: { at: Opened }) {
  const [refund, setRefund] = useState(true);
  const [restock, setRestock] = useState(true);
  const [notify, setNotify] = useState(true);
  if (!at.order) return null;
  return (
    <ActSheet at={at} act={{ kind: 'cancel', order_id: at.order.id, refund, restock, notify }}>
      <Check label={t('Give back what was paid')} on={refund} set={setRefund} testid="cancel-refund" />
      <Check label={t('Put the goods back into stock')} on={restock} set={setRestock} testid="act-restock" />
      <Check label={t('Let the shop tell the customer')} on={notify} set={setNotify} testid="act-notify" />
    </ActSheet>
  );
}
