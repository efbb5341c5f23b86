/** Texts that a channel's provider has approved: fetched when a composer needs them, filled as the agent types. */
import { type Signal, signal } from '@preact/signals';
import { Problem, call } from '../core/api';
import type { Template, TemplateChoice } from '../core/types';

interface Shelf { state: 'loading' | 'ready' | 'failed'; items: Template[]; error: string }

const FRESH = 5 * 60_000;
const shelves = new Map<number, { shelf: Signal<Shelf>; at: number }>();

/** What is known of a channel's templates; they are fetched when nobody has asked for a while. */
export function templatesOf(channel: number): Signal<Shelf> {
  let known = shelves.get(channel);
  if (!known) shelves.set(channel, known = { shelf: signal({ state: 'loading', items: [], error: '' }), at: 0 });
  if (Date.now() - known.at > FRESH) void fetchTemplates(channel);
  return known.shelf;
}

export async function fetchTemplates(channel: number): Promise<void> {
  const known = shelves.get(channel);
  if (!known) return;
  known.at = Date.now();
  const { items } = known.shelf.peek();
  if (!items.length) known.shelf.value = { state: 'loading', items, error: '' };
  try {
    known.shelf.value = { state: 'ready', error: '', ...await call<{ items: Template[] }>('GET', `/channels/${channel}/templates`) };
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    known.shelf.value = { state: items.length ? 'ready' : 'failed', items, error: problem.message };
  }
}

export const isChoice = (template: Template, choice: TemplateChoice | null): boolean =>
  template.name === choice?.name && template.language === choice.language;

/** The template that was chosen, while its channel still has it and takes it. */
export function chosenOf(channel: number, choice: TemplateChoice | null): Template | undefined {
  return choice ? templatesOf(channel).value.items.find((template) => isChoice(template, choice) && !template.problem) : undefined;
}

/** The gaps that nothing fills. */
export const missing = (template: Template, choice: TemplateChoice): string[] =>
  template.fields.map((gap) => gap.name).filter((name) => !choice.values[name]?.trim());

/** The text in pieces: words as they are, and gaps by name. */
export function pieces(template: Template): { text: string; gap: string | null }[] {
  const names = new Set(template.fields.map((gap) => gap.name));
  return template.text.split(/(\{\{.+?\}\})/).filter(Boolean).map((text) => {
    const name = text.startsWith('{{') ? text.slice(2, -2) : '';
    return { text, gap: names.has(name) ? name : null };
  });
}

export const filled = (template: Template, choice: TemplateChoice): string =>
  pieces(template).map((piece) => (piece.gap === null ? piece.text : choice.values[piece.gap]?.trim() || piece.text)).join('');

/** Those with all the words in what they are called, are for, or say. */
export function search(items: Template[], words: string): Template[] {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return items.filter((template) => {
    const where = `${title(template)} ${template.name} ${template.language} ${template.kind} ${template.text}`.toLocaleLowerCase();
    return wanted.every((word) => where.includes(word));
  });
}

/** "order_shipped" as words. */
export const title = (template: Template): string => template.name.replace(/[_-]+/g, ' ').trim() || template.name;
