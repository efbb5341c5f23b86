/** Two customers became one, or one became two, while agents look on: the thread that is gone leaves the lists, who has
 *  it open goes on in the survivor with the same words in the composer and the same message before the eyes, and what
 *  waits in the outbox is sent there. */
import { batch } from '@preact/signals';
import { announce } from '../core/announce';
import { t } from '../core/i18n';
import { moveDrafts } from './drafts';
import { replaced } from './lists';
import { moveQueue } from './outbox';
import { lead, living, route, standAlone } from './router';
import { details, distrustRead, dropThread, peekMessage, putDetail, putThread, streamOf, streams, threads } from './store';
import { handOver, loadDetail, onMerged, opened, reloadMessages } from './thread';
import { focusRow, moveMode, moveSlot } from './ui';

export function merged(gone: number, survivor: number): void {
  if (gone === survivor || (living(gone) === survivor && !threads.has(gone) && route.peek().id !== gone)) return;
  const open = route.peek().id;
  const fresh = firstFresh(open);
  const onRow = document.activeElement?.closest(`[data-row="${gone}"]`) != null;
  batch(() => {
    moveDrafts(gone, survivor);
    moveQueue(gone, survivor);
    seed(gone, survivor);
    if (open === gone) {
      moveMode(gone, survivor);
      moveSlot(gone, survivor);
      handOver(gone, survivor);
    }
    replaced(gone, survivor);
    lead(gone, survivor);
    dropThread(gone);
    distrustRead(survivor);
  });
  void renew(survivor, fresh);
  if (open === gone) announce(t('This customer was merged with another one. The thread holds the messages of both.'));
  if (onRow) requestAnimationFrame(() => focusRow(survivor));
}

/** A merge was undone, or an identity was moved to a customer of its own: both have other messages now. */
export function separated(ids: number[]): void {
  const fresh = firstFresh(route.peek().id);
  for (const id of ids) {
    standAlone(id);
    distrustRead(id);
    void renew(id, fresh);
  }
}

/** Until the server's answer is there, the survivor shows what is known of both. */
function seed(gone: number, survivor: number): void {
  const [thread, detail, from] = [threads.get(gone)?.peek(), details.get(gone)?.peek(), streams.get(gone)];
  if (!threads.has(survivor) && thread) putThread({ ...thread, id: survivor });
  if (!details.has(survivor) && detail) putDetail({ ...detail, id: survivor });
  if (!from) return;
  const to = streamOf(survivor);
  const both = [...new Set([...from.ids.peek(), ...to.ids.peek()])];
  to.ids.value = both.sort((a, b) => peekMessage(a).created_at.localeCompare(peekMessage(b).created_at) || a - b);
  to.before ??= from.before;
}

async function renew(id: number, fresh: number | null): Promise<void> {
  if (route.peek().id === id) {
    await Promise.all([loadDetail(id), reloadMessages(id)]);
    // The "New" line stays at the message where it stood.
    const read = fresh !== null && streamOf(id).ids.peek().includes(fresh) ? peekMessage(fresh).seq - 1 : Number.MAX_SAFE_INTEGER;
    if (opened.peek()?.id === id) opened.value = { id, read };
    return;
  }
  streams.delete(id);
  // What is read there is known to nobody but the server, and the row shows it.
  if (threads.has(id)) await loadDetail(id);
}

/** The message above which the "New" line stands. */
function firstFresh(open: number | null): number | null {
  const mark = opened.peek();
  if (open === null || mark?.id !== open) return null;
  return streamOf(open).ids.peek().find((id) => peekMessage(id).seq > mark.read && peekMessage(id).kind !== 'system') ?? null;
}

onMerged.run = merged;
