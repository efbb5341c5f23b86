/** What a line in the thread says of something that was done in a shop, or was to be done. */
import { t } from '../core/i18n';
import { locale } from '../core/page';

type Data = Record<string, unknown>;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function amountOf(data: Data): string {
  const [amount, currency] = [text(data['amount']), text(data['currency'])];
  return amount && new Intl.NumberFormat(locale, { style: 'currency', currency }).format(amount as Intl.StringNumericLiteral);
}

/** "Ben refunded 12.00 € of order 1004" */
function did(data: Data): string {
  const vars = { name: text(data['name']), order: text(data['order']), amount: amountOf(data), code: text(data['promo']) };
  switch (text(data['kind'])) {
    case 'refund': return vars.amount ? t('{name} refunded {amount} of order {order}', vars) : t('{name} refunded order {order}', vars);
    case 'cancel': return vars.amount ? t('{name} cancelled order {order} and gave back {amount}', vars) : t('{name} cancelled order {order}', vars);
    case 'address': return t('{name} changed where order {order} is sent', vars);
    case 'reship': return t('{name} had order {order} sent again', vars);
    case 'draft': return t('{name} made an order to be paid by a link', vars);
    case 'cart_link': return t('{name} made a link to a cart', vars);
    case 'coupon': return t('{name} made the code {code}', vars);
    case 'note': return t('{name} left a note at order {order}', vars);
    case 'return': return t('{name} asked for a return of order {order}', vars);
    default: return '';
  }
}

/** "refund of 12.00 €, order 1004" */
function subject(data: Data): string {
  const vars = { order: text(data['order']), amount: amountOf(data) };
  switch (text(data['kind'])) {
    case 'refund': return vars.amount ? t('refund of {amount}, order {order}', vars) : t('refund of order {order}', vars);
    case 'cancel': return t('cancelling order {order}', vars);
    case 'address': return t('another address for order {order}', vars);
    case 'reship': return t('sending order {order} again', vars);
    case 'draft': return t('order to be paid by a link');
    case 'cart_link': return t('link to a cart');
    case 'coupon': return t('a coupon code');
    case 'note': return t('note at order {order}', vars);
    case 'return': return t('return of order {order}', vars);
    default: return '';
  }
}

const because = (words: string, reason: string): string => (reason ? `${words}: ${reason}` : words);

/** The line's words; '' for what this version does not know, which has the server's own words. */
export function actText(code: string, data: Data): string {
  const [reason, by, why] = [text(data['reason']), text(data['by']), text(data['why'])];
  const done = did(data);
  if (!done) return '';
  const what = because(subject(data), reason);
  switch (code) {
    case 'act_done': return by ? t('{what} (approved by {name})', { what: because(done, reason), name: by }) : because(done, reason);
    case 'act_proposed': return t('{name} asks for a second person: {what}', { name: text(data['name']), what });
    case 'act_uncertain': return t('Nobody knows yet whether this was done: {what}', { what });
    case 'act_failed': return t('Not done: {what}. {why}', { what, why });
    case 'act_refused': return by ? t('Refused by {name}: {what}. {why}', { name: by, what, why }) : t('Refused: {what}. {why}', { what, why });
    default: return '';
  }
}
