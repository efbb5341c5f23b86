/** The panel's frame, from another origin than the page: made at the first open, or at an idle moment for a visitor who
 *  has written before. Nothing is said to it but to its own origin, and nothing is heard that is not from it. */
import { type ToHost, type ToPanel, isSealed, seal } from '../protocol';
import { config, origin, panelUrl } from './config';

/** Without a sign of life for so long, ms, the frame was refused (frame-src) or the network is gone. */
const PATIENCE = 12_000;
/** Its own origin, so that it may call its server; but it can never lead the page elsewhere. */
const RIGHTS = ['scripts', 'same-origin', 'forms', 'popups', 'popups-to-escape-sandbox', 'downloads'];

export interface Frame { element: HTMLIFrameElement; tell: (message: ToPanel) => void; remove: () => void }

export function openFrame(home: Element, language: string, hello: () => void, heard: (message: ToHost) => void, silent: () => void): Frame {
  const element = document.createElement('iframe');
  const patience = setTimeout(silent, PATIENCE);
  let isAlive = false;
  const listen = (event: MessageEvent): void => {
    if (event.origin !== origin || event.source !== element.contentWindow || !isSealed(event.data)) return;
    const message = event.data as ToHost;
    if (message.type !== 'hello') return heard(message);
    clearTimeout(patience);
    isAlive = true;
    hello();
  };
  element.title = config.name;
  element.sandbox.value = RIGHTS.map((right) => `allow-${right}`).join(' ');
  element.dataset.testid = 'widget-frame';
  element.src = panelUrl(language);
  addEventListener('message', listen);
  home.append(element);
  return {
    element,
    // Before its hello it would not hear; everything said so far is in the answer to that.
    tell: (message) => { if (isAlive) element.contentWindow?.postMessage(seal(message), origin); },
    remove: () => {
      clearTimeout(patience);
      removeEventListener('message', listen);
      element.remove();
    },
  };
}
