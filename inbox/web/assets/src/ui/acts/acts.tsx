/** Acts, put into their places in the shops' panel; the open dialog stands apart from the page, so that a change of the panel
 *  below leaves it alone. */
import { render } from 'preact';
import { type Opened, opened } from '../../store/acts';
import { slots } from '../commerce/slots';
import { AddressSheet, NoteSheet, ReshipSheet, ReturnSheet } from './OnOrder';
import { BasketSheet, CouponSheet } from './Offers';
import { OrderActions, ShopActions } from './OrderActions';
import { CancelSheet, RefundSheet } from './Refund';

export { openAct } from '../../store/acts';
export { OrderActions, ShopActions };

function Dialog() {
  const at = opened.value;
  return at && <ByKind key={`${at.kind}/${at.order?.id ?? ''}`} at={at} />;
}

function ByKind({ at }: { at: Opened }) {
  switch (at.kind) {
    case 'refund': return <RefundSheet at={at} />;
    case 'cancel': return <CancelSheet at={at} />;
    case 'address': return <AddressSheet at={at} />;
    case 'reship': return <ReshipSheet at={at} />;
    case 'note': return <NoteSheet at={at} />;
    case 'return': return <ReturnSheet at={at} />;
    case 'coupon': return <CouponSheet at={at} />;
    default: return <BasketSheet at={at} />;
  }
}

slots.order.value = OrderActions;
slots.shop.value = ShopActions;
const place = document.createElement('div');
document.body.append(place);
render(<Dialog />, place);
