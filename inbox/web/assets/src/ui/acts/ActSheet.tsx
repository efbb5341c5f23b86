/** The frame of every dialog: what the shop says that it would do stands right above the button that does it, and the button
 *  works only for what stands there. */
import { type ComponentChildren, Fragment } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../../core/api';
import { type Money, price } from '../../core/commerce';
import { t } from '../../core/i18n';
import { COSTS, type Act, type ActView, type Opened, type Preview, confirmAct, newKey, opened, previewAct, put } from '../../store/acts';
import { loadCommerce } from '../../store/commerce';
import { Sheet } from '../Sheet';
import { Icon } from '../parts';
import { Outcome } from './Outcome';
import { difference, nameOf, verbOf } from './words';

const TYPING = 350;
type Asked = { state: 'none' } | { state: 'asking' } | { state: 'shown'; preview: Preview } | { state: 'error'; text: string };

/** `act`: what is to be done, or null as long as something is missing. */
export function ActSheet({ at, act, title, children }: { at: Opened; act: Act | null; title?: string; children: ComponentChildren }) {
  const body = act ? JSON.stringify(act) : '';
  const key = useRef(newKey());
  const [asked, setAsked] = useState<Asked>({ state: act ? 'asking' : 'none' });
  const [reason, setReason] = useState('');
  const [trouble, setTrouble] = useState<{ text: string; items: string[]; locked: boolean } | null>(null);
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<ActView | null>(null);
  const [turn, setTurn] = useState(0);
  const first = useRef(true);
  const close = (): void => { opened.value = null; };

  useEffect(() => {
    if (!body) {
      setAsked({ state: 'none' });
      return undefined;
    }
    const abort = new AbortController();
    setAsked({ state: 'asking' });
    const timer = setTimeout(() => {
      previewAct(at, JSON.parse(body) as Act, abort.signal).then((preview) => setAsked({ state: 'shown', preview })).catch((problem: unknown) => {
        if (abort.signal.aborted) return;
        if (!(problem instanceof Problem)) throw problem;
        setAsked({ state: 'error', text: problem.status ? problem.message : t('There is no connection to the server.') });
      });
    }, first.current ? 0 : TYPING);
    first.current = false;
    return () => { clearTimeout(timer); abort.abort(); };
  }, [body, turn]);

  const shown = asked.state === 'shown' ? asked.preview : null;
  const costs = COSTS.includes(at.kind);
  const ready = shown !== null && act !== null && (!costs || reason.trim() !== '') && !busy;

  const confirm = async (): Promise<void> => {
    if (!ready || !shown || !act) return;
    setBusy(true);
    setTrouble(null);
    try {
      const view = await confirmAct(at, key.current, act, reason, shown);
      put(view);
      void loadCommerce(at.customer);
      const changed = view.result['difference'];
      if (view.state === 'refused' && Array.isArray(changed)) again(view.error ?? '', changed.map(String));
      else setMade(view);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.slug === 'changed') {
        const fresh = problem.body['now'] as Preview;
        again(problem.message, difference(shown, fresh));
        setAsked({ state: 'shown', preview: fresh });
      } else if (problem.passing) {
        // It may have been done: only the same is asked for again, with the same key.
        setTrouble({ text: problem.status ? problem.message : t('There was no answer. Try again: it is done once, however often you ask.'), items: [], locked: true });
      } else {
        key.current = newKey();
        setTrouble({ text: problem.message, items: [], locked: false });
      }
    }
    setBusy(false);
  };
  /** What is different is shown, and the same has to be wanted again. */
  function again(text: string, items: string[]): void {
    key.current = newKey();
    setTrouble({ text: items.length ? t('The order has changed. Nothing was done.') : text, items, locked: false });
    setTurn((n) => n + 1);
  }

  if (made) return <Sheet title={title ?? nameOf(at.kind)} testid="act" close={close} footer={<button type="button" class="btn main" autofocus onClick={close} data-testid="act-close-done">{t('Close')}</button>}><Outcome act={made} thread={at.thread} close={close} /></Sheet>;
  return (
    <Sheet title={title ?? nameOf(at.kind)} testid="act" close={close} footer={<>
      <button type="button" class="btn" onClick={close} data-testid="act-cancel">{t('Do nothing')}</button>
      <button type="button" class="btn main" aria-disabled={!ready} aria-busy={busy} onClick={() => void confirm()} data-testid="act-confirm">
        {shown && !shown.alone ? t('Ask a second person') : trouble?.locked ? t('Try again') : verbOf(at.kind, shown?.amount ?? null)}</button></>}>
      <fieldset class="act-form" disabled={busy || trouble?.locked}>
        {at.order && <p class="muted small">{t('Order {number}', { number: at.order.number })} · <bdi>{at.shop.name}</bdi></p>}
        {costs && at.shop.warning && <p class="alert warn slim" data-testid="act-warning"><Icon name="shield" /><span>{at.shop.warning}</span></p>}
        {children}
        <label class="field"><span class="label">{t('Why?')} {!costs && <span class="optional">{t('(optional)')}</span>}</span>
          <input class="input" maxLength={500} required={costs} value={reason} onInput={(event) => setReason(event.currentTarget.value)} data-testid="act-reason" /></label>
      </fieldset>
      {trouble && <div class="alert bad" role="alert" data-testid="act-trouble"><Icon name="alert-circle" /><div><p>{trouble.text}</p>{trouble.items.length > 0 && <ul>{trouble.items.map((item) => <li key={item} dir="auto">{item}</li>)}</ul>}</div></div>}
      <Shown asked={asked} retry={() => setTurn((n) => n + 1)} />
    </Sheet>
  );
}

function Shown({ asked, retry }: { asked: Asked; retry: () => void }) {
  return (
    <div class="act-shown" role="status" aria-live="polite" data-testid="act-preview" data-state={asked.state}>
      {asked.state === 'asking' && <p class="muted">{t('Asking the shop…')}</p>}
      {asked.state === 'error' && <p class="notice bad"><Icon name="alert-circle" /><span class="grow" dir="auto">{asked.text}</span><button type="button" class="btn small" onClick={retry} data-testid="act-retry">{t('Try again')}</button></p>}
      {asked.state === 'shown' && <Facts preview={asked.preview} />}
    </div>
  );
}

function Facts({ preview }: { preview: Preview }) {
  const rows: [string, Money | null][] = [[t('The shop says'), preview.amount], [t('At most'), preview.most]];
  return (
    <Fragment>
      <dl class="totals">{rows.map(([name, money]) => money && <div key={name} class={money === preview.amount ? 'is-sum' : undefined}><dt>{name}</dt><dd class="num">{price(money)}</dd></div>)}</dl>
      {preview.notes.map((note) => <p key={note} class="small" dir="auto">{note}</p>)}
      {!preview.alone && <p class="notice" data-testid="act-limit"><Icon name="users" />{preview.limit ? t('More than {amount} needs a second person.', { amount: price(preview.limit) }) : t('This needs a second person.')}</p>}
      {!preview.amount && preview.notes.length === 0 && preview.alone && <p class="muted small">{t('The shop can do this now.')}</p>}
    </Fragment>
  );
}
