/** Fields that several dialogs share. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { type OrderLine, price } from '../../core/commerce';
import { t } from '../../core/i18n';

export function Field({ label, optional, hint, children }: { label: string; optional?: boolean; hint?: ComponentChildren; children: ComponentChildren }) {
  return <label class="field"><span class="label">{label} {optional && <span class="optional">{t('(optional)')}</span>}</span>{children}{hint && <span class="hint">{hint}</span>}</label>;
}

export function Text({ label, value, set, testid, optional, hint, ...more }: { label: string; value: string; set: (text: string) => void; testid: string; optional?: boolean; hint?: ComponentChildren; inputMode?: 'decimal'; maxLength?: number; type?: 'tel' | 'date'; autoComplete?: string }) {
  return <Field label={label} optional={optional === true} hint={hint}><input class="input" value={value} onInput={(event) => set(event.currentTarget.value)} data-testid={testid} {...more as Record<string, string>} /></Field>;
}

export function Check({ label, on, set, testid }: { label: string; on: boolean; set: (on: boolean) => void; testid: string }) {
  return <label class="check"><input type="checkbox" checked={on} onChange={(event) => set(event.currentTarget.checked)} data-testid={testid} /><span>{label}</span></label>;
}

/** One of a few ways; one that is not possible says why. */
export function Ways<W extends string>({ label, ways, chosen, choose, testid }: { label: string; ways: { key: W; label: string; why?: string }[]; chosen: W; choose: (way: W) => void; testid: string }) {
  const name = useId();
  return (
    <fieldset class="field ways" data-testid={testid}><legend>{label}</legend>
      {ways.map((way) => (
        <label key={way.key} class="check"><input type="radio" name={name} value={way.key} checked={chosen === way.key} disabled={Boolean(way.why)} onChange={() => choose(way.key)} />
          <span>{way.label}{way.why && <small class="muted"> {way.why}</small>}</span></label>))}
    </fieldset>
  );
}

export type Quantities = Record<string, number>;

/** How many of each line of an order, from none to `most`. */
export function LineQuantities({ lines, most, value, set }: { lines: OrderLine[]; most: (line: OrderLine) => number; value: Quantities; set: (next: Quantities) => void }) {
  return (
    <ul role="list" class="act-lines">{lines.map((line) => {
      const top = most(line);
      return (
        <li key={line.id}><label><span class="grow"><span class="num">{line.quantity} ×</span> <span dir="auto">{line.product.title}</span> <small class="muted num">{[line.product.variant, price(line.total)].filter(Boolean).join(' · ')}</small></span>
          <input class="input num" type="number" min={0} max={top} step={1} value={value[line.id] ?? 0} disabled={top === 0} onInput={(event) => set({ ...value, [line.id]: Math.max(0, Math.min(top, Math.trunc(Number(event.currentTarget.value) || 0))) })} data-testid="act-quantity" data-line={line.id} />
          <span class="muted num">{t('of {n}', { n: top })}</span></label></li>
      );
    })}</ul>
  );
}

/** Those that are more than none; null without any. */
export function some(value: Quantities): Quantities | null {
  const found = Object.entries(value).filter(([, n]) => n > 0);
  return found.length ? Object.fromEntries(found) : null;
}

/** "12,5" → "12.5"; null for what is no amount above zero. */
export function amountOf(text: string): string | null {
  const plain = text.trim().replace(/\s/g, '').replace(/^(\d+),(\d+)$/, '$1.$2');
  return /^\d{1,12}(\.\d{1,4})?$/.test(plain) && /[1-9]/.test(plain) ? plain : null;
}
