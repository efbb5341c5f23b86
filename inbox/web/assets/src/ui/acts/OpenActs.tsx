/** Acts that are not over: who wants what, and what can be decided about it. */
import { useEffect, useState } from 'preact/hooks';
import { t } from '../../core/i18n';
import { me } from '../../core/page';
import { stamp, full, now } from '../../core/time';
import { actsTold } from '../../store/acttold';
import { type ActView, decide, loadActs, openActs } from '../../store/acts';
import { Sheet } from '../Sheet';
import { Icon } from '../parts';
import { stateOf, titleOf } from './words';

export function OpenActs({ customer, shop }: { customer: number; shop: number }) {
  const told = actsTold.value;
  useEffect(() => { void loadActs(customer); }, [customer, told]);
  const items = openActs(customer).value.filter((act) => act.shop_id === shop);
  if (!items.length) return null;
  return <ul role="list" class="open-acts" data-testid="open-acts">{items.map((act) => <OpenAct key={act.id} act={act} />)}</ul>;
}

function OpenAct({ act }: { act: ActView }) {
  const [busy, setBusy] = useState(false);
  const [refusing, setRefusing] = useState(false);
  const run = (what: 'approve' | 'refuse' | 'check' | 'settle', body?: unknown): void => {
    setBusy(true);
    void decide(act, what, body).finally(() => setBusy(false));
  };
  const own = act.agent_id === me.id;
  const waits = act.state === 'approved' && act.error !== null;
  const looks = act.state === 'uncertain' || act.state === 'pending' || waits;
  const supervises = me.role !== 'agent';
  return (
    <li class="open-act" data-testid="open-act" data-state={act.state}>
      <p><b>{titleOf(act)}</b></p>
      <p class="small muted">{t('{name}, {time}', { name: act.agent, time: stamp(act.created_at, now.value) })}<span title={full(act.created_at)} /> · {stateOf(act)}</p>
      {act.reason && <p class="small" dir="auto">{act.reason}</p>}
      {act.error && <p class="small muted" dir="auto">{act.error}</p>}
      {act.notes.map((note) => <p key={note} class="small muted" dir="auto">{note}</p>)}
      <div class="actions">
        {act.decide && <button type="button" class="btn small main" disabled={busy} onClick={() => run('approve')} data-testid="act-approve">{t('Approve')}</button>}
        {act.state === 'proposed' && !own && supervises && <button type="button" class="btn small" disabled={busy} onClick={() => setRefusing(true)} data-testid="act-refuse">{t('Refuse')}</button>}
        {(act.state === 'proposed' || waits) && own && <button type="button" class="btn small" disabled={busy} onClick={() => run('refuse', { reason: '' })} data-testid="act-take-back">{t('Take back')}</button>}
        {looks && <button type="button" class="btn small" disabled={busy} aria-busy={busy} onClick={() => run('check')} data-testid="act-check"><Icon name="refresh" />{t('Look again')}</button>}
        {act.state === 'uncertain' && supervises && <>
          <button type="button" class="btn small" disabled={busy} onClick={() => run('settle', { done: true })} data-testid="act-was-done">{t('It was done')}</button>
          <button type="button" class="btn small" disabled={busy} onClick={() => run('settle', { done: false })} data-testid="act-was-not">{t('It was not done')}</button></>}
      </div>
      {refusing && <Refusing act={act} close={() => setRefusing(false)} refuse={(reason) => { setRefusing(false); run('refuse', { reason }); }} />}
    </li>
  );
}

function Refusing({ act, refuse, close }: { act: ActView; refuse: (reason: string) => void; close: () => void }) {
  const [why, setWhy] = useState('');
  return (
    <Sheet title={t('Refuse: {what}', { what: titleOf(act) })} testid="act-refusing" close={close} footer={<>
      <button type="button" class="btn" onClick={close}>{t('Do nothing')}</button>
      <button type="button" class="btn main" aria-disabled={!why.trim()} onClick={() => { if (why.trim()) refuse(why); }} data-testid="act-refuse-confirm">{t('Refuse')}</button></>}>
      <label class="field"><span class="label">{t('Why?')}</span><input class="input" required maxLength={500} value={why} onInput={(event) => setWhy(event.currentTarget.value)} data-testid="act-refuse-why" /></label>
    </Sheet>
  );
}
