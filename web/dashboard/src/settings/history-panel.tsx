import type { Retention } from '@comfytrace/client';
import { useCallback, useState } from 'react';
import { formatBytes, formatCount, formatDay, plural } from '../format.ts';
import { useHealth } from '../frame/frame.tsx';
import { useNow, useServices } from '../services.tsx';
import { CleanupDialog } from '../telemetry/cleanup-dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { KeyValue } from '../ui/key-value.tsx';
import { stateOf, StatePanel } from '../ui/states.tsx';

/** What goes by itself; null: nothing does. */
export function retentionText({ days, maxBytes }: Retention): string | null {
  const bounds = [days !== null && `runs older than ${plural(days, 'day')}`, maxBytes !== null && `the oldest ones while the history is larger than ${formatBytes(maxBytes)}`].filter(Boolean);
  return bounds.length > 0 ? `Removed by itself, at the start and daily: ${bounds.join(', and ')}.` : null;
}

/** How large the history is, how far it goes back, whether it is being written, and how to make it smaller. */
export function HistoryPanel() {
  const { api } = useServices();
  const health = useHealth();
  const now = useNow();
  const [cleans, setCleans] = useState(false);
  const prune = useCallback((rule: Parameters<typeof api.prune>[0]) => api.prune(rule), [api]);
  const history = health.data?.history;
  const writer = health.data?.writer;
  const kept = health.data ? retentionText(health.data.setup.retention) : null;
  return (
    <StatePanel
      label="History" title="History" about={history?.kind} minHeight={112} lines={4}
      state={stateOf(health, health.data !== undefined, health.data && !history ? { is: 'error', title: 'The history does not answer', detail: writer?.lastError ?? 'comfytrace goes on watching; nothing can be read just now' } : null)}
      actions={<button type="button" className="btn sm" onClick={() => setCleans(true)}><Icon name="trash-2" size={13} />Clean up</button>}
      foot={kept === null
        ? <>Everything is kept for good unless you say otherwise: <code className="mono">comfytrace serve --retention-days 365</code> or <code className="mono">--retention-max-bytes 2GiB</code> removes the oldest daily. Archived and tagged runs always stay.</>
        : <>{kept} Archived and tagged runs always stay.</>}
    >
      {history && (
        <div className="pb stack">
          <dl className="kv-row">
            <KeyValue label="Runs" value={history.runs} />
            <KeyValue label="Size" value={history.bytes} unit="bytes" evidence={history.runs > 0 ? `${formatBytes(history.bytes / history.runs)} a run` : undefined} />
            <KeyValue label="Oldest" value={history.oldestRunAtMs === null ? <span className="t3">none</span> : formatDay(history.oldestRunAtMs, now)} />
            <KeyValue label="Newest" value={history.newestRunAtMs === null ? <span className="t3">none</span> : formatDay(history.newestRunAtMs, now)} />
            <KeyValue label="Writing" value={writer?.failing ? 'failing' : 'fine'} tone={writer?.failing ? 'bad' : ''} evidence={writer && writer.pending > 0 ? `${formatCount(writer.pending)} wait` : 'nothing waits'} />
          </dl>
          {writer?.failing && <p className="bad s12" role="alert">{writer.lastError ?? 'The history cannot be written.'} Nothing is lost while comfytrace runs: it tries again.</p>}
          <p className="s12 t2 breaks">Kept in <span className="mono">{history.location}</span>, schema {history.schemaVersion}.</p>
        </div>
      )}
      {cleans && <CleanupDialog runs={history?.runs ?? null} bytes={history?.bytes ?? null} onClose={() => { setCleans(false); void health.refetch(); }} onPrune={prune} />}
    </StatePanel>
  );
}
