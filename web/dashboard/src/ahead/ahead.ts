import { filterOfQuery, runsAddress } from '@comfytrace/client';
import { routeOf } from '../address.ts';
import { kPageRuns, readsFrom, rowOfQuery, sortOfQuery } from '../runs/runs-address.ts';
import { askEarly } from './early-answers.ts';

// Runs before the page's own script, which is large: what that would ask for only once it has begun is on its way by then.

/** Filled in by the build; while developing there is none. */
declare const kFilesOfViews: Record<string, readonly string[]>;

const { pathname, search } = window.location;
const { view } = routeOf(pathname);
const query = search.slice(1);
// What a preset stands for is not known yet.
if (view === 'runs' && !new URLSearchParams(query).has('preset')) {
  askEarly(runsAddress(filterOfQuery(query), { limit: kPageRuns, sort: sortOfQuery(query), offset: readsFrom(rowOfQuery(query)) }));
}
for (const href of typeof kFilesOfViews === 'undefined' ? [] : (kFilesOfViews[view] ?? [])) {
  const link = document.createElement('link');
  Object.assign(link, href.endsWith('.css') ? { rel: 'preload', as: 'style' } : { rel: 'modulepreload' }, { crossOrigin: '', href });
  document.head.append(link);
}
