import { formatBytes, formatCount, formatWhen } from '../format.ts';
import { useNow } from '../services.tsx';
import { Dialog } from '../ui/parts.tsx';
import { useHealth } from './frame.tsx';

export function AboutBox({ onClose }: { onClose: () => void }) {
  const { data } = useHealth();
  const now = useNow();
  const rows: [string, string][] = data
    ? [
        ['Version', data.version],
        ['Running since', formatWhen(data.startedAtMs, now)],
        ['History', `${formatCount(data.history.runs)} runs, ${formatBytes(data.history.bytes)}, ${data.history.kind}`],
        ['Kept in', data.history.location],
      ]
    : [];
  const noted = data?.counters.filter((counter) => counter.value > 0) ?? [];
  return (
    <Dialog title="About comfytrace" icon="shield-check" onClose={onClose}>
      <p className="promise">Nothing leaves your machine.</p>
      <p className="t2 s12">
        comfytrace watches the ComfyUI servers you name, keeps every run in one file on this machine and serves this page
        itself. It loads nothing from anywhere else and sends nothing anywhere.
      </p>
      <dl className="pairs">
        {rows.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd className="mono">{value}</dd>
          </div>
        ))}
      </dl>
      {noted.length > 0 && (
        <div>
          <h3>Noted since the start</h3>
          <ul className="noted">
            {noted.map((counter) => (
              <li key={counter.name}><b>{formatCount(counter.value)}</b> {counter.sentence}</li>
            ))}
          </ul>
        </div>
      )}
      <p className="t3 s11">Inter and JetBrains Mono: SIL Open Font License. Icons: Lucide, ISC.</p>
    </Dialog>
  );
}

const kKeys: [string[], string][] = [
  [['g', 'l'], 'Live'],
  [['g', 'r'], 'Runs'],
  [['/'], 'search the history'],
  [['j'], 'next row, or next run'],
  [['k'], 'previous row, or previous run'],
  [['Enter'], 'open the row'],
  [['Esc'], 'back, or close what is open'],
  [['←', '→'], 'previous and next picture'],
  [['?'], 'this list'],
];

export function KeySheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" icon="keyboard" onClose={onClose}>
      <ul className="keysheet">
        {kKeys.map(([keys, does]) => (
          <li key={does}>
            <span className="row g4">{keys.map((key) => <kbd key={key} className="kbd">{key}</kbd>)}</span>
            <span className="t2">{does}</span>
          </li>
        ))}
      </ul>
      <p className="t3 s11">Single keys rest while you type.</p>
    </Dialog>
  );
}
