import { formatWhen, unbroken } from '../format.ts';
import { useNow } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Skeleton } from '../ui/parts.tsx';
import type { Finding } from './findings.ts';

/** One line of what was found: severity, sentence, what it rests on, when. */
export function FindingRow({ finding, on, onSelect }: { finding: Finding; on: boolean; onSelect: (key: string) => void }) {
  const now = useNow();
  return (
    <li>
      <button type="button" className={`finding ${on ? 'on' : ''}`} aria-current={on || undefined} data-key={finding.key} onClick={() => onSelect(finding.key)}>
        <span className={`sev ${finding.tone === 'idle' ? '' : finding.tone}`} />
        <Icon name={finding.icon} size={15} className={finding.tone === 'idle' ? 't3' : finding.tone} />
        <span className="col sp finding-say">
          <span className="row"><b className="sp el">{unbroken(finding.title)}</b><span className="s11 t3 nw">{formatWhen(finding.atMs, now)}</span></span>
          {finding.detail && <span className="s12 t2 el">{finding.detail}</span>}
          <span className="s11 t3 el">{finding.note}</span>
        </span>
      </button>
    </li>
  );
}

export function FindingBones() {
  return (
    <div role="group" aria-busy="true" aria-label="Reading what was found">
      {[0, 1, 2, 3].map((at) => <div key={at} className="finding"><span className="sev" /><span className="col sp finding-bones"><Skeleton width={`${52 + at * 9}%`} /><Skeleton width="86%" /><Skeleton width="34%" /></span></div>)}
    </div>
  );
}
