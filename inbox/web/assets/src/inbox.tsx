/** The agent's inbox. The page carries its first snapshot, so the first paint needs no request; then the feed keeps it
 *  whole. What a module is for stands at its head: core (page, API, texts), store (state), ui (what is seen). */
import { render } from 'preact';
import { onKey } from './commands';
import { appState } from './core/page';
import * as commerce from './store/commerce';
import * as customer from './store/customer';
import { resumeDrafts, saveAll } from './store/drafts';
import * as lists from './store/lists';
import './store/merging';
import { resume } from './store/outbox';
import * as sync from './store/sync';
import * as thread from './store/thread';
import { App } from './ui/App';

lists.start();
thread.start();
customer.start();
commerce.start();
sync.start();
document.addEventListener('keydown', onKey);
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') saveAll(true); });
addEventListener('pagehide', () => saveAll(true));

const place = document.getElementById('app');
if (place) render(<App />, place);
appState('ready');
void resume();
resumeDrafts();
