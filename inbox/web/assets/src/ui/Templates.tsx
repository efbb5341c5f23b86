/** Where a provider takes nothing but approved texts: finding one, filling its gaps, and seeing what the customer reads. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { t, tn } from '../core/i18n';
import { locale } from '../core/page';
import type { Template, TemplateChoice } from '../core/types';
import { type Way, binding } from '../store/answering';
import { type Box, edit, save } from '../store/drafts';
import { chosenOf, fetchTemplates, pieces, search, templatesOf, title } from '../store/templates';
import { Icon } from './parts';

const languages = new Intl.DisplayNames(locale, { type: 'language', fallback: 'code' });
function language(tag: string): string {
  try {
    return languages.of(tag.replaceAll('_', '-')) ?? tag;
  } catch {
    return tag; // a provider's own code, which is no BCP 47 tag
  }
}
const facts = (template: Template): string => [language(template.language), template.kind].filter(Boolean).join(' · ');

/** Providers count gaps or name them. */
const gapLabel = (name: string): string => (/^\d+$/.test(name) ? t('Gap {n}', { n: name }) : name);

interface Props { box: Box; way: Way; name: string; send: () => void }

export function Templates({ box, way, name, send }: Props) {
  const { template: choice, body } = box.content.value;
  const chosen = chosenOf(way.channel_id, choice);
  const choose = (template: Template): void => edit(box, { ...binding(way), template: { name: template.name, language: template.language, values: {} } });
  return (
    <div class="templates" data-testid="templates">
      {chosen && choice ? <Filling key={`${chosen.name}/${chosen.language}`} box={box} template={chosen} choice={choice} name={name} send={send} /> : <Picker way={way} choose={choose} />}
      {body.trim() && <p class="muted kept" data-testid="text-kept"><Icon name="pencil" />{t('What you have typed is kept as a draft.')}</p>}
    </div>
  );
}

function Picker({ way, choose }: { way: Way; choose: (template: Template) => void }) {
  const shelf = templatesOf(way.channel_id).value;
  const [words, setWords] = useState('');
  const list = useRef<HTMLUListElement>(null);
  const found = search(shelf.items, words);
  const options = (): HTMLElement[] => [...list.current?.querySelectorAll<HTMLElement>('button') ?? []];
  const move = (event: KeyboardEvent): void => {
    const all = options();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: Math.max(at - 1, 0), Home: 0, End: all.length - 1 }[event.key];
    // Home and End move the cursor in the field.
    if (to === undefined || (at < 0 && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    event.stopPropagation();
    all[Math.min(to, all.length - 1)]?.focus();
  };
  if (shelf.state === 'failed') {
    return (
      <div class="banner bad" role="alert" data-testid="templates-failed"><Icon name="alert" /><span class="banner-text">{shelf.error || t('The templates could not be loaded')}</span>
        <button type="button" class="btn small" onClick={() => void fetchTemplates(way.channel_id)} data-testid="templates-retry">{t('Try again')}</button></div>
    );
  }
  return (
    <div onKeyDown={move}>
      <label class="find template-find"><Icon name="search" /><span class="sr">{t('Find a template')}</span>
        <input type="search" value={words} placeholder={t('Find a template')} autocomplete="off" onInput={(event) => setWords(event.currentTarget.value)}
          onKeyDown={(event) => { if (event.key === 'Enter') event.preventDefault(); }} data-testid="template-search" /></label>
      <p class="sr" role="status">{shelf.state === 'loading' ? t('Loading…') : tn(found.length, 'One template', '{n} templates')}</p>
      {found.length > 0 ? (
        <ul role="list" class="template-list" ref={list} aria-label={t('Templates')}>{found.map((template) => <Option key={`${template.name}/${template.language}`} template={template} choose={choose} />)}</ul>
      ) : <p class="muted" data-testid="no-templates">{shelf.state === 'loading' ? t('Loading…') : words ? t('No template has these words') : t('{channel} has no approved templates yet', { channel: way.title })}</p>}
    </div>
  );
}

function Option({ template, choose }: { template: Template; choose: (template: Template) => void }) {
  return (
    <li>
      <button type="button" class="template" aria-disabled={Boolean(template.problem)} onClick={() => { if (!template.problem) choose(template); }} data-testid="template" data-name={template.name}>
        <b dir="auto">{title(template)}</b> <small class="muted">{facts(template)}</small>
        <span class="clip" dir="auto">{template.text}</span>
        {template.problem && <small class="way-note warn">{template.problem}</small>}
      </button>
    </li>
  );
}

function Filling({ box, template, choice, name, send }: { box: Box; template: Template; choice: TemplateChoice; name: string; send: () => void }) {
  const first = useRef<HTMLInputElement>(null);
  const other = useRef<HTMLButtonElement>(null);
  useEffect(() => (first.current ?? other.current)?.focus(), []);
  const fill = (gap: string, text: string): void => edit(box, { template: { ...choice, values: { ...choice.values, [gap]: text } } });
  return (
    <>
      <div class="template-head"><b dir="auto" data-testid="template-name">{title(template)}</b> <small class="muted">{facts(template)}</small><span class="grow" />
        <button ref={other} type="button" class="btn bare small" onClick={() => edit(box, { template: null })} data-testid="template-other">{t('Another template')}</button></div>
      {template.fields.length > 0 && (
        <div class="template-gaps">
          {template.fields.map((gap, index) => (
            <label key={gap.name}><span dir="auto">{gapLabel(gap.name)}</span>
              <input ref={index === 0 ? first : undefined} value={choice.values[gap.name] ?? ''} dir="auto" autocomplete="off" required placeholder={gap.example && t('for example {text}', { text: gap.example })}
                onInput={(event) => fill(gap.name, event.currentTarget.value)} onBlur={() => void save(box)}
                onKeyDown={(event) => { if (event.key === 'Enter') { event.preventDefault(); if (event.ctrlKey || event.metaKey) send(); } }} data-testid="template-gap" data-name={gap.name} /></label>
          ))}
        </div>
      )}
      <section class="preview-pane" aria-label={t('As {name} sees it', { name })} tabIndex={0}>
        <h3>{t('As {name} sees it', { name })}</h3>
        <div class="bubble" dir="auto" data-testid="template-preview">{pieces(template).map((piece, index) => {
          const value = piece.gap === null ? piece.text : choice.values[piece.gap]?.trim();
          return value ? value : <mark key={index}>{gapLabel(piece.gap ?? '')}</mark>;
        })}</div>
      </section>
    </>
  );
}
