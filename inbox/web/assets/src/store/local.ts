/** What this browser keeps by itself: the outbox (IndexedDB) and the copies of unsaved drafts (localStorage). Where the
 *  browser refuses storage (private windows, full disk) the page goes on with memory alone. */

const DB = 'onethread';
const STORE = 'outbox';

function open(): Promise<IDBDatabase> {
  return new Promise((done, fail) => {
    const request = indexedDB.open(DB, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'key' });
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error ?? new Error('no database'));
  });
}

let database: Promise<IDBDatabase | null> | null = null;

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
  database ??= open().catch((problem: unknown) => {
    console.warn('outbox: this browser keeps nothing', problem);
    return null;
  });
  const db = await database;
  if (!db) return null;
  return new Promise((done, fail) => {
    const transaction = db.transaction(STORE, mode, { durability: 'strict' });
    const request = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => done(request.result);
    transaction.onerror = () => fail(transaction.error ?? new Error('outbox'));
  });
}

export const outboxAll = async <T>(): Promise<T[]> => (await run('readonly', (store) => store.getAll() as IDBRequest<T[]>)) ?? [];
export const outboxHas = async (key: string): Promise<boolean> => {
  const count = await run('readonly', (store) => store.count(key));
  return count === null || count > 0;
};
export const outboxPut = async (item: { key: string }): Promise<void> => { await run('readwrite', (store) => store.put(item)); };
export const outboxDelete = async (key: string): Promise<void> => { await run('readwrite', (store) => store.delete(key)); };

/** Names of what is kept, as far as they begin so. */
export function keys(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch (problem) {
    console.warn('local copies not readable', problem);
    return [];
  }
}

export function read<T>(key: string): T | null {
  try {
    const text = localStorage.getItem(key);
    return text ? JSON.parse(text) as T : null;
  } catch (problem) {
    console.warn('local copy not readable', key, problem);
    return null;
  }
}

export function write(key: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch (problem) {
    console.warn('local copy not kept', key, problem);
  }
}
