import { ApiError } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { formatClock, formatDuration } from '../format.ts';
import { useLive, useNow, useServices } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';

/** Said when the page has lost comfytrace itself; what is shown stays, with its age. */
export function LinkBanner() {
  const { link, known } = useLive();
  const { api, live } = useServices();
  // The same question as the status bar's: of what is refused the socket itself tells nothing.
  const { error } = useQuery({ queryKey: ['health'], queryFn: ({ signal }) => api.health(signal), enabled: false });
  const now = useNow();
  if (link.transport === 'polling') {
    return (
      <div className="banner" role="status">
        <Icon name="refresh-cw" className="warn" size={15} />
        <span><b>Live updates by polling, every 3 s.</b> The WebSocket does not open; progress of nodes is not told this way.</span>
        <span className="sp" />
        <button type="button" className="btn sm" onClick={() => live.manager.connectNow()}>Connect now</button>
      </div>
    );
  }
  if (error instanceof ApiError && error.status === 401) {
    return (
      <div className="banner" role="alert">
        <Icon name="shield-check" className="warn" size={15} />
        <span><b>This comfytrace asks for its token.</b> <span className="t2">Open the address that <code className="mono">comfytrace serve</code> printed when it started: it ends in <code className="mono">?token=…</code></span></span>
      </div>
    );
  }
  if (link.attempt === 0 || link.state === 'connected' || link.state === 'streaming') return null;
  const wait = link.nextTryAtMs === null ? null : Math.max(0, Math.ceil((link.nextTryAtMs - now) / 1000));
  return (
    <div className="banner" role="status">
      <Icon name="s-off" className="warn" size={15} />
      <span>
        <b>No connection to comfytrace.</b>{' '}
        <span className="t2">
          {known && link.lastUpdateAtMs !== null
            ? `Shown data is from ${formatClock(link.lastUpdateAtMs, true)}, ${formatDuration(Math.max(1000, now - link.lastUpdateAtMs))} ago. `
            : 'Start it with "comfytrace serve". '}
          <span aria-hidden="true">
            {link.state === 'connecting' || wait === null ? 'Trying now' : `Next try in ${wait} s, try ${link.attempt + 1}`}
          </span>
          {known ? '; nothing recorded is lost.' : '.'}
        </span>
      </span>
      <span className="sp" />
      <button type="button" className="btn sm" onClick={() => live.manager.connectNow()} disabled={link.state === 'connecting'}>
        <Icon name="plug" size={13} />
        Connect now
      </button>
    </div>
  );
}
