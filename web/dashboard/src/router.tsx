import { createContext, useContext, useMemo, useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from 'react';

export { routeOf, type Route, type ViewName } from './address.ts';

// The address is the state of the view: a tiny router over the History API.

const readers = new Set<() => void>();
const kDepth = 'comfytraceDepth';

function subscribe(reader: () => void): () => void {
  if (readers.size === 0) window.addEventListener('popstate', announce);
  readers.add(reader);
  return () => {
    readers.delete(reader);
    if (readers.size === 0) window.removeEventListener('popstate', announce);
  };
}

function announce(): void {
  for (const reader of [...readers]) reader();
}

function depth(): number {
  const state = window.history.state as Record<string, unknown> | null;
  return typeof state?.[kDepth] === 'number' ? (state[kDepth] as number) : 0;
}

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (to === window.location.pathname + window.location.search) return;
  if (options.replace) window.history.replaceState({ [kDepth]: depth() }, '', to);
  else window.history.pushState({ [kDepth]: depth() + 1 }, '', to);
  announce();
}

/** Back to where one came from; when the page was opened at this address, to `parent`. */
export function goBack(parent: string): void {
  if (depth() > 0) window.history.back();
  else navigate(parent);
}

/** Where something is drawn as if it stood at another address: the gallery shows whole views. */
export const AddressScope = createContext<string | null>(null);

export function useAddress(): { path: string; query: string } {
  const scope = useContext(AddressScope);
  const own = useSyncExternalStore(subscribe, () => window.location.pathname + window.location.search);
  const address = scope ?? own;
  const cut = address.indexOf('?');
  return cut < 0 ? { path: address, query: '' } : { path: address.slice(0, cut), query: address.slice(cut + 1) };
}

export function runPath(runId: string): string {
  return `/runs/${encodeURIComponent(runId)}`;
}

export function comparePath(runIds: readonly string[]): string {
  return `/compare?ids=${runIds.map(encodeURIComponent).join(',')}`;
}

export function idsOfQuery(query: string): string[] {
  return (new URLSearchParams(query).get('ids') ?? '').split(',').filter(Boolean);
}

/** The address's query as a place for a filter: `useTelemetryFilter(services, addressPlace)`. */
export const addressPlace = {
  read: () => window.location.search.slice(1),
  write: (query: string) => navigate(window.location.pathname + (query ? `?${query}` : ''), { replace: true }),
  watch: subscribe,
};

export function useAddressPlace(): typeof addressPlace {
  const scope = useContext(AddressScope);
  return useMemo(() => (scope === null ? addressPlace : { read: () => scope.split('?')[1] ?? '', write: () => undefined, watch: () => () => undefined }), [scope]);
}

export function Link({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={follow} {...rest} />;
}
