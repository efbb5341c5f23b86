/** Texts. `t('Hello {name}', { name })`, and `tn(n, '{n} change', '{n} changes')` for numbers.
 *  Babel reads them with the keywords `t` and `tn:2,3`, so the texts must be plain string
 *  literals, and not stand inside a template literal, into which Babel does not look. */
import { catalog, locale } from './page';

export type Vars = Record<string, string | number>;

const ORDER = ['zero', 'one', 'two', 'few', 'many', 'other'];
const rules = new Intl.PluralRules(locale);
const categories = ORDER.filter((category) => (rules.resolvedOptions().pluralCategories as string[]).includes(category));

function fill(text: string, vars?: Vars): string {
  return vars ? text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in vars ? String(vars[name]) : whole)) : text;
}

export function t(text: string, vars?: Vars): string {
  const found = catalog[text];
  return fill(typeof found === 'string' && found ? found : text, vars);
}

/** gettext's plural forms stand in CLDR's order, without those that only fractions use. */
export function tn(n: number, one: string, other: string, vars?: Vars): string {
  const forms = catalog[one];
  const index = categories.indexOf(rules.select(n));
  const text = Array.isArray(forms) && forms.length ? forms[Math.min(index, forms.length - 1)] : n === 1 ? one : other;
  return fill(text || other, { n, ...vars });
}
