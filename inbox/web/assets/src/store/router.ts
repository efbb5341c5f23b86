/** Where we are: /inbox/{view} or /inbox/{view}/{id}, with ?q= while searching. Back and forward bring the row and
 *  the scroll position back, which the list keeps per view. */
import { signal } from '@preact/signals';
import { snapshot } from '../core/page';

export interface Route { view: string; id: number | null; q: string }

/** Threads that became part of another one: links, bookmarks and Back lead on to that. */
const signposts = new Map<number, number>();
export function living(id: number): number {
  const next = signposts.get(id);
  return next === undefined ? id : living(next);
}

export function parse(path: string, search: string): Route {
  const [, , view, id] = path.split('/');
  return { view: view || snapshot.view || 'mine', id: id ? living(Number(id)) : null, q: new URLSearchParams(search).get('q') ?? '' };
}

export const route = signal<Route>(parse(location.pathname, location.search));
/** The customer pane over the thread on narrower screens. */
export const drawer = signal(false);

export function pathOf({ view, id, q }: Route): string {
  return `/inbox/${view}${id ? `/${id}` : ''}${q ? `?q=${encodeURIComponent(q)}` : ''}`;
}

export function go(change: Partial<Route>, replace = false): void {
  const next = { ...route.peek(), ...change };
  const path = pathOf(next);
  if (path === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState']({}, '', path);
  drawer.value = false;
  route.value = next;
}

/** Whoever looks at `gone` looks at `survivor` from now on; what is open beside it stays open. */
export function lead(gone: number, survivor: number): void {
  if (living(survivor) === gone) signposts.delete(survivor);
  signposts.set(gone, survivor);
  if (route.peek().id !== gone) return;
  const next = { ...route.peek(), id: survivor };
  history.replaceState({}, '', pathOf(next));
  route.value = next;
}

/** The thread is one of its own again. */
export const standAlone = (id: number): void => void signposts.delete(id);

addEventListener('popstate', () => {
  drawer.value = false;
  const next = parse(location.pathname, location.search);
  if (pathOf(next) !== location.pathname + location.search) history.replaceState({}, '', pathOf(next));
  route.value = next;
});
