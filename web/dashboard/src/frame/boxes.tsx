import { formatBytes, formatCount, formatPercent, formatWhen } from '../format.ts';
import { usePref } from '../prefs.ts';
import { Link } from '../router.tsx';
import { useNow } from '../services.tsx';
import { Toggle } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { kSingleKeys } from '../ui/keys.ts';
import { Dialog } from '../ui/parts.tsx';
import { useHealth } from './frame.tsx';
import { kKeymap, kViews } from './views.ts';

export function AboutBox({ onClose }: { onClose: () => void }) {
  const { data } = useHealth();
  const now = useNow();
  const rows: [string, string][] = data
    ? [
        ['Version', data.version],
        ['Running since', formatWhen(data.startedAtMs, now)],
        ...(data.history ? [
          ['History', `${formatCount(data.history.runs)} runs, ${formatBytes(data.history.bytes)}, ${data.history.kind}`],
          ['Kept in', data.history.location],
        ] as [string, string][] : []),
        ['Own cost', `${formatPercent(data.cost.cpuRatio, 1) ?? 'not measured'} of a core, ${formatBytes(data.cost.residentBytes) ?? 'not measured'}`],
        ['Licence', 'Apache-2.0'],
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

export function KeySheet({ onClose }: { onClose: () => void }) {
  const [single, setSingle] = usePref(kSingleKeys, true);
  return (
    <Dialog title="Keyboard" icon="keyboard" onClose={onClose} className="dlg-wide">
      <div className="keysheets">
        {kKeymap.map(({ where, lines }) => (
          <section key={where}>
            <h3>{where}</h3>
            <ul className="keysheet">
              {lines.map(({ keys, does }) => (
                <li key={does}>
                  <span className="row g4">{keys.map((key) => <kbd key={key} className="kbd">{key}</kbd>)}</span>
                  <span className="t2">{does}</span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      <Toggle label="Single keys" on={single} onChange={setSingle} hint="They rest while you type. Off: only Esc, Enter, arrows and Tab act." />
    </Dialog>
  );
}

/** The phone's way to the views that have no tab of their own. */
export function MoreBox({ onClose, onAbout }: { onClose: () => void; onAbout: () => void }) {
  return (
    <Dialog title="More" onClose={onClose}>
      <ul className="more-list">
        {kViews.filter((view) => !view.tab).map((view) => (
          <li key={view.href}>
            <Link className="more-item" href={view.href} onClick={onClose}><Icon name={view.icon} size={18} />{view.word}</Link>
          </li>
        ))}
        <li><button type="button" className="more-item" onClick={onAbout}><Icon name="shield-check" size={18} />About</button></li>
      </ul>
    </Dialog>
  );
}
