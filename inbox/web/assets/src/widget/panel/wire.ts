/** The little of Socket.IO that a listener needs, over WebSocket: join a namespace, hear its events, answer pings, come
 *  back after a break. (Engine.IO protocol 4, Socket.IO protocol 5; both are described in the Socket.IO documentation.)
 *  The whole client would be a third of what a visitor's first open fetches. */

export interface Ears {
  joined: () => void;
  event: (name: string, data: unknown) => void;
  /** The server does not let us in; nothing is tried until `again`. */
  refused: (reason: string) => void;
  cut: () => void;
}
export interface Wire { isUp: () => boolean; again: () => void; close: () => void }

const PAUSE = 500;
const PAUSE_MOST = 8000;
/** Until the server has said how often it pings, ms. */
const PATIENCE = 12_000;

export function connect(namespace: string, query: string, auth: () => unknown, ears: Ears): Wire {
  const address = `${location.origin.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket&${query}`;
  let socket: WebSocket | null = null;
  let isUp = false;
  let isWanted = true;
  let tries = 0;
  let patience = PATIENCE;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let pause: ReturnType<typeof setTimeout> | undefined;

  /** Pings come by the clock: when they stay away, the line is dead though nobody has hung up. */
  const alive = (): void => {
    clearTimeout(silence);
    silence = setTimeout(drop, patience);
  };

  function drop(): void {
    const old = socket;
    if (!old) return;
    socket = null;
    clearTimeout(silence);
    old.onmessage = old.onclose = null;
    old.close();
    const wasUp = isUp;
    isUp = false;
    if (isWanted) {
      clearTimeout(pause);
      pause = setTimeout(open, Math.min(PAUSE_MOST, PAUSE * 2 ** tries) * (0.6 + Math.random() * 0.8));
      tries += 1;
    }
    if (wasUp) ears.cut();
  }

  function open(): void {
    clearTimeout(pause);
    if (socket || !isWanted) return;
    const made = new WebSocket(address);
    socket = made;
    patience = PATIENCE;
    alive();
    made.onclose = drop;
    made.onmessage = ({ data }: MessageEvent<string>) => {
      alive();
      switch (data[0]) {
        case '0': {
          const { pingInterval, pingTimeout } = JSON.parse(data.slice(1)) as { pingInterval: number; pingTimeout: number };
          patience = pingInterval + pingTimeout;
          alive();
          made.send(`40${namespace},${JSON.stringify(auth())}`);
          break;
        }
        case '1': drop(); break;
        case '2': made.send('3'); break;
        case '4': packet(data.slice(1)); break;
      }
    };
  }

  function packet(text: string): void {
    const [, kind, place, body] = /^(\d)(?:(\/[^,]*),?)?\d*(.*)$/s.exec(text) ?? [];
    if (place !== namespace) return;
    switch (kind) {
      case '0':
        isUp = true;
        tries = 0;
        ears.joined();
        break;
      case '1': drop(); break;
      case '2': {
        const [name, data] = JSON.parse(body || '[]') as [string, unknown];
        ears.event(name, data);
        break;
      }
      case '4':
        isWanted = false;
        drop();
        ears.refused((JSON.parse(body || '{}') as { message?: string }).message ?? '');
        break;
    }
  }

  open();
  return {
    isUp: () => isUp,
    again: () => {
      isWanted = true;
      if (isUp) return;
      drop();
      tries = 0;
      open();
    },
    close: () => {
      isWanted = false;
      clearTimeout(pause);
      drop();
    },
  };
}
