import { filterOfQuery, runsAddress } from '@comfytrace/client';
import { routeOf } from '../address.ts';
import { kPageRuns, readsFrom, rowOfQuery, sortOfQuery } from '../runs/runs-address.ts';
import { kLoads } from '../views.ts';
import { askEarly } from './early-answers.ts';

// Runs before the page's own script, which is large: what that would ask for only once it has begun is on its way by then.

const { pathname, search } = window.location;
const { view } = routeOf(pathname);
if (view !== 'nowhere') kLoads[view]().catch(() => undefined);
const query = search.slice(1);
// What a preset stands for is not known yet.
if (view === 'runs' && !new URLSearchParams(query).has('preset')) {
  askEarly(runsAddress(filterOfQuery(query), { limit: kPageRuns, sort: sortOfQuery(query), offset: readsFrom(rowOfQuery(query)) }));
}
