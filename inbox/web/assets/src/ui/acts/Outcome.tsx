/** What came of an act, and what of it can go into the reply. */
import { type Money, price, webAddress } from '../../core/commerce';
import { t } from '../../core/i18n';
import type { ActView } from '../../store/acts';
import { cartLinkText, couponText } from '../../store/inserts';
import { insertText } from '../commerce/inserting';
import { Icon } from '../parts';

export function Outcome({ act, thread, close }: { act: ActView; thread: number; close: () => void }) {
  const [tone, icon, words] = said(act);
  const text = forReply(act);
  const note = act.state === 'done' || act.state === 'pending' ? act.result['note'] : '';
  return (
    <div class="act-made" data-testid="act-made" data-state={act.state}>
      <div class={`alert ${tone}`} role="status"><Icon name={icon} /><div><p>{words}</p>{typeof note === 'string' && note && <p class="small" dir="auto">{note}</p>}{act.error && <p class="small" dir="auto">{act.error}</p>}</div></div>
      {text && <p class="code act-code" dir="auto" data-testid="act-code">{text}</p>}
      {text && <button type="button" class="btn" onClick={() => { close(); void insertText(thread, asCard(act, text)); }} data-testid="act-insert"><Icon name="reply" />{t('Insert into the reply')}</button>}
    </div>
  );
}

function said(act: ActView): [string, string, string] {
  const amount = (act.result['amount'] ?? act.amount) as Money | null;
  switch (act.state) {
    case 'done': return ['ok', 'check-circle', act.kind === 'refund' && amount ? t('Refunded {amount}.', { amount: price(amount) }) : t('Done.')];
    case 'pending': return ['ok', 'clock', t('The shop has taken it up and works on it.')];
    case 'proposed': return ['', 'users', t('A second person has to agree. You see in the thread what they decide.')];
    case 'failed': return ['bad', 'alert-circle', t('This was not done.')];
    case 'refused': return ['bad', 'alert-circle', t('This was refused.')];
    case 'uncertain': return ['warn', 'alert', t('Nobody knows yet whether this was done. The shop is asked again; do not repeat it.')];
    default: return ['warn', 'clock', t('The shop takes its time. It goes on by itself; the thread tells what comes of it.')];
  }
}

/** With what has to be said beside a code or a link. */
function asCard(act: ActView, text: string): string {
  const ends = act.act['ends_at'];
  if (act.kind === 'coupon') return couponText(text, typeof ends === 'string' ? ends : null);
  return act.kind === 'cart_link' ? cartLinkText(text) : text;
}

const forReply = (act: ActView): string => {
  if (act.state !== 'done' && act.state !== 'pending') return '';
  const code = act.result['code'];
  const url = act.result['url'];
  return typeof code === 'string' && code ? code : typeof url === 'string' ? webAddress(url) : '';
};
