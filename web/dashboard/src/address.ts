// Which view an address means; apart from the router, because it is asked before there is React.

export type ViewName = 'live' | 'runs' | 'run' | 'compare' | 'trends' | 'insights' | 'settings' | 'gallery' | 'nowhere';
export type Route = { view: Exclude<ViewName, 'run'> } | { view: 'run'; runId: string };

const kPaths: Record<string, Exclude<ViewName, 'run'>> = {
  '/': 'live', '/live': 'live', '/runs': 'runs', '/compare': 'compare', '/trends': 'trends', '/insights': 'insights',
  '/settings': 'settings', '/gallery': 'gallery',
};

export function routeOf(path: string): Route {
  const view = kPaths[path.length > 1 ? path.replace(/\/$/, '') : path];
  if (view) return { view };
  const run = /^\/runs\/([^/]+)\/?$/.exec(path);
  if (!run) return { view: 'nowhere' };
  try {
    return { view: 'run', runId: decodeURIComponent(run[1]!) };
  } catch {
    return { view: 'nowhere' };
  }
}
