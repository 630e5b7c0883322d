import { formatBytes, formatPercent, formatWhen } from '../format.ts';
import { useHealth } from '../frame/frame.tsx';
import { useNow } from '../services.tsx';
import { Panel } from '../ui/parts.tsx';

/** What leaves this machine (nothing), what the program is, and what it costs itself. */
export function AboutPanel() {
  const { data } = useHealth();
  const now = useNow();
  const sinks = data?.alerts?.sinks.filter((sink) => sink.kind !== 'command') ?? [];
  const rows: [string, string][] = data ? [
    ['Version', data.version], ['Running since', formatWhen(data.startedAtMs, now)],
    ['Own cost', `${formatPercent(data.cost.cpuRatio, 1) ?? 'not measured'} of a core, ${formatBytes(data.cost.residentBytes) ?? 'not measured'} memory, no GPU`],
    ['Licence', 'Apache-2.0'],
  ] : [];
  return (
    <Panel label="About comfytrace" title="About">
      <div className="pb stack">
        <p className="promise">Nothing leaves your machine.</p>
        <p className="t2 s12">comfytrace talks to the ComfyUI servers that you name and to this page, and to nothing else. It counts no users, asks for no updates, loads nothing from elsewhere: scripts, fonts and icons come from the program itself.</p>
        {sinks.length > 0 && <p className="s12">You have set up {sinks.length === 1 ? 'one exception' : `${sinks.length} exceptions`}: alerts go to {sinks.map((sink) => sink.target).join(', ')}.</p>}
        <dl className="pairs">{rows.map(([key, value]) => <div key={key}><dt>{key}</dt><dd>{value}</dd></div>)}</dl>
        <div>
          <h3>Sent nowhere</h3>
          <ul className="nowhere t2 s12"><li>prompts, pictures, films and workflows</li><li>names of models, workers and files</li><li>statistics, errors and tracebacks</li><li>what you look at here: choices are kept by this browser</li></ul>
        </div>
        <p className="t3 s11">Inter and JetBrains Mono: SIL Open Font License 1.1. Icons: Lucide, ISC.</p>
      </div>
    </Panel>
  );
}
