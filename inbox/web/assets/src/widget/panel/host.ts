/** The shop's page around the frame. The first greeting from an allowed origin decides whom we talk to from then on. */
import { type EventName, type ToHost, type ToPanel, isListed, isSealed, seal } from '../protocol';
import { config } from './page';

let origin: string | null = null;

/** Only the hello goes to whoever it is, and says nothing. */
function post(message: ToHost, to: string): void {
  parent.postMessage(seal(message), to);
}

export function tellHost(message: ToHost): void {
  if (origin !== null) post(message, origin);
}

export const emit = (name: EventName, data?: unknown): void => tellHost({ type: 'event', name, data });

export function listen(heard: (message: ToPanel) => void): void {
  addEventListener('message', (event) => {
    if (event.source !== parent || !isSealed(event.data)) return;
    const message = event.data as ToPanel;
    if (origin === null) {
      if (message.type !== 'init' || !isListed(config.domains, new URL(event.origin).host)) return;
      ({ origin } = event);
    }
    if (event.origin === origin) heard(message);
  });
  post({ type: 'hello' }, '*');
}
