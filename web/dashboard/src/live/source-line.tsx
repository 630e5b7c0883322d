import type { ExtensionInfo, WorkerState } from '@comfytrace/client';
import { useId, useState } from 'react';
import { capitalised } from '../format.ts';
import { Icon } from '../ui/icon.tsx';
import { Badge } from '../ui/parts.tsx';
import { Prose } from '../ui/prose.tsx';

/** Who tells what happens in a worker; on request with all it says of itself, what goes unseen, and what mends that. */
export function SourceLine({ state }: { state: WorkerState }) {
  const { worker, connection } = state;
  const [whole, setWhole] = useState(false);
  const details = useId();
  const { extension, missing } = connection;
  const host = worker.url.replace(/^https?:\/\//, '');
  return (
    <>
      <div className="row s11 t3 ft">
        <Icon name={connection.source === 'extension' ? 'puzzle' : connection.source === 'stock' ? 'box' : 'history'} size={12} />
        <span className="el">{sourceText(state)}</span>
        {extension?.outdated && <Badge icon="s-stale" tone="b-warn">outdated</Badge>}
        {(missing || extension) && (
          <button type="button" className="text-btn" aria-expanded={whole} aria-controls={details} onClick={() => setWhole(!whole)}>
            {whole ? 'less' : missing ? 'why' : 'more'}
          </button>
        )}
        <span className="sp" />
        <span className="nw" title={[worker.pytorchVersion && `torch ${worker.pytorchVersion}`, worker.pythonVersion && `Python ${worker.pythonVersion.split(' ')[0]}`, worker.os].filter(Boolean).join(', ')}>
          {[worker.comfyuiVersion && `ComfyUI ${worker.comfyuiVersion}`, host === worker.name ? '' : host].filter(Boolean).join(', ')}
        </span>
      </div>
      <div id={details} hidden={!whole} className="s11 t2 stack">
        {whole && missing && <span><Prose text={capitalised(missing)} /></span>}
        {whole && extension && <ExtensionFacts extension={extension} />}
      </div>
    </>
  );
}

function sourceText({ connection }: WorkerState): string {
  const { extension } = connection;
  if (connection.source === 'extension') {
    if (!extension) return 'extension';
    return `extension ${extension.version || 'of unknown version'}, ${connection.missing && !extension.outdated ? 'not all events' : 'all events'}`;
  }
  if (connection.source === 'stock') return "stock: no per-node times for other people's prompts";
  return 'missed runs are fetched on return';
}

function ExtensionFacts({ extension }: { extension: ExtensionInfo }) {
  const { eventCostP50Us, eventCostP99Us } = extension;
  return (
    <dl className="pairs">
      <div><dt>Version</dt><dd>{extension.version || 'not told'}, protocol {extension.protocol}</dd></div>
      <div><dt>Listens to</dt><dd>{extension.taps.join(', ') || 'nothing'}</dd></div>
      {extension.skippedTaps.map((tap) => <div key={tap.name}><dt>Skipped</dt><dd>{tap.name}: {tap.reason}</dd></div>)}
      <div><dt>Dropped</dt><dd>{extension.framesDropped === null ? 'not told' : `${extension.framesDropped} frames`}</dd></div>
      <div><dt>Own failures</dt><dd>{extension.failures ?? 'not told'}</dd></div>
      <div>
        <dt>Cost an event</dt>
        <dd>{eventCostP50Us === null || eventCostP99Us === null ? 'not told' : `${eventCostP50Us.toFixed(1)} µs, at most ${eventCostP99Us.toFixed(1)} µs in 99 of 100`}</dd>
      </div>
    </dl>
  );
}
