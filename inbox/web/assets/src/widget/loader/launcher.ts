/** What stands on the shop's page: a button and the window of the panel, in a closed shadow root that no style of the
 *  page reaches. Styles are a constructed sheet and CSSOM calls, markup is built by hand, so the strictest
 *  Content-Security-Policy has nothing to refuse. */
import { ink } from '../color';
import type { Theme } from '../protocol';
import { config } from './config';

declare const __LAUNCHER_CSS__: string;

export interface Looks { theme?: Theme; position?: 'end' | 'start'; offset?: [number, number]; hidden?: boolean }
export interface Launcher {
  button: HTMLElement;
  /** Where the frame lives. */
  dialog: HTMLElement;
  wear: (looks: Looks) => void;
  /** How many answers wait to be read. */
  count: (unread: number) => void;
  /** Show or hide the window: beside the page on a wide screen, over all of it, and alone, on a phone. */
  show: (open: boolean) => void;
  remove: () => void;
}

const SVG = 'http://www.w3.org/2000/svg';
/** As in widget-launcher.css. */
export const phone = matchMedia('(max-width: 479px), (max-height: 479px)');

type Attributes = Record<string, string>;
function dress<E extends Element>(element: E, attributes: Attributes, ...inside: Node[]): E {
  for (const key in attributes) element.setAttribute(key, attributes[key] as string);
  element.append(...inside);
  return element;
}
const make = <K extends keyof HTMLElementTagNameMap>(name: K, attributes: Attributes, ...inside: Node[]): HTMLElementTagNameMap[K] =>
  dress(document.createElement(name), attributes, ...inside);
const icon = (name: string, d: string): Element =>
  dress(document.createElementNS(SVG, 'svg'), { viewBox: '0 0 24 24', class: name, 'aria-hidden': 'true' }, dress(document.createElementNS(SVG, 'path'), { d }));

function style(root: ShadowRoot): void {
  const css = __LAUNCHER_CSS__;
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    // Safari before 16.4 cannot construct sheets; there the page's policy must allow this element.
    root.append(make('style', {}, new Text(css)));
  }
}

export function launch(looks: Looks, toggle: () => void, dismiss: () => void): Launcher {
  const badge = make('i', { 'aria-hidden': 'true' });
  const button = make('button', { type: 'button', 'aria-haspopup': 'dialog', 'data-testid': 'widget-launcher' },
    icon('ask', 'M7.9 20A9 9 0 1 0 4 16.1L2 22Z'), icon('down', 'm6 9 6 6 6-6'), badge);
  const dialog = make('dialog', { 'aria-label': config.name, 'data-testid': 'widget-dialog' });
  const box = make('div', {}, button, dialog);
  const host = make('div', { 'data-onethread': '' });
  const root = host.attachShadow({ mode: 'closed' });
  const view = window.visualViewport;
  let unread = 0;
  let isOpen = false;

  const set = (element: HTMLElement, values: Attributes): void => {
    for (const name in values) element.style.setProperty(`--${name}`, values[name] as string);
  };
  const say = (): void => {
    const { open, close, unread: more } = config.texts;
    const title = isOpen ? close : open;
    const label = isOpen || !unread ? title : `${open}, ${more.replace('{n}', `${unread}`)}`;
    dress(button, { title, 'aria-label': label, 'aria-expanded': `${isOpen}` });
  };
  /** On phones the keyboard leaves only a part of the screen. */
  const fit = (): void => {
    const tight = isOpen && phone.matches && view?.scale === 1;
    set(dialog, { view: tight ? `${view.height}px` : '', top: tight ? `${view.offsetTop}px` : '' });
  };
  const show = (open: boolean): void => {
    isOpen = open;
    if (dialog.open) dialog.close();
    // show() would take the focus from a page that comes with the panel open.
    if (open && phone.matches) dialog.showModal();
    else dialog.open = open;
    fit();
    say();
  };
  const turn = (): void => show(isOpen);
  const wear = (now: Looks): void => {
    const [x, y] = now.offset ?? config.offset;
    set(box, { accent: config.accent, ink: ink(config.accent), x: `${x}px`, y: `${y}px` });
    box.className = `${now.theme ?? config.theme} ${now.position ?? config.position}`;
    box.dir = getComputedStyle(document.body).direction;
    button.hidden = now.hidden ?? false;
  };

  style(root);
  root.append(box);
  button.addEventListener('click', toggle);
  box.addEventListener('keydown', (event) => { if (event.key === 'Escape' && isOpen) dismiss(); });
  dialog.addEventListener('cancel', (event) => { event.preventDefault(); dismiss(); });
  phone.addEventListener('change', turn);
  view?.addEventListener('resize', fit);
  wear(looks);
  say();
  // Beside the body, not inside: pages that swap their body keep their chat.
  document.documentElement.append(host);
  return {
    button, dialog, wear, show,
    count: (now) => {
      unread = now;
      badge.textContent = now > 9 ? '9+' : now ? `${now}` : '';
      say();
    },
    remove: () => {
      phone.removeEventListener('change', turn);
      view?.removeEventListener('resize', fit);
      host.remove();
    },
  };
}
