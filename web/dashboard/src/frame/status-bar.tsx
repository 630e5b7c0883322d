import { formatBytes, formatCount, formatDay, formatDuration, formatPercent } from '../format.ts';
import { Link } from '../router.tsx';
import { isLinked, useLive, useNow, useWarnings } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { useHealth } from './frame.tsx';

export function StatusBar({ onKeys, onAbout }: { onKeys: () => void; onAbout: () => void }) {
  const { workers, known, link } = useLive();
  const health = useHealth().data;
  const now = useNow();
  const wrong = useWarnings().open;
  const worst = wrong[0]?.severity === 'critical' ? 'bad' : wrong[0]?.severity === 'warning' ? 'warn' : 'acc';
  const connected = workers.filter(({ connection }) => connection.state !== 'disconnected' && connection.state !== 'connecting').length;
  const linked = isLinked(link);
  const age = link.lastUpdateAtMs === null ? null : Math.max(0, now - link.lastUpdateAtMs);
  return (
    <footer className="foot">
      <span className="row">
        <Icon name={linked ? 's-streaming' : 's-off'} size={12} className={linked ? 'ok' : 'warn'} />
        {!known ? 'workers not known yet' : workers.length === 0 ? <b>no worker</b> : (
          <b>{connected} of {workers.length} {workers.length === 1 ? 'worker' : 'workers'}</b>
        )}
        {age !== null && (
          <span className={age > 60_000 && !linked ? 'warn' : ''}>
            last update {age < 1000 ? 'now' : `${formatDuration(Math.floor(age / 1000) * 1000)!.replace('.0', '')} ago`}
          </span>
        )}
      </span>
      <span className="sepr" />
      <span className="row">
        <Icon name="database" size={12} />
        {health?.history ? (
          <>
            <b>{formatCount(health.history.runs)}</b> {health.history.runs === 1 ? 'run' : 'runs'}, {formatBytes(health.history.bytes)}
            {health.history.oldestRunAtMs !== null && `, since ${formatDay(health.history.oldestRunAtMs, now)}`}
          </>
        ) : health ? <span className="bad">the history does not answer</span> : 'history not read yet'}
      </span>
      {health?.writer.failing && (
        <span className="row bad" role="alert">
          <Icon name="s-failed" size={12} />
          Not being kept: {health.writer.lastError ?? 'the history cannot be written'}; {formatCount(health.writer.pending)} wait
        </span>
      )}
      {wrong.length > 0 && (
        <Link href={`/insights?id=a-${encodeURIComponent(wrong[0]!.id)}`} className={`row foot-alert ${worst}`} title={wrong[0]!.message}>
          <Icon name="bell" size={12} />
          <b>{wrong.length === 1 ? '1 alert' : `${formatCount(wrong.length)} alerts`}</b>
          <span className="el foot-msg">{wrong[0]!.message}</span>
        </Link>
      )}
      <span className="sr" role="status">{wrong.length > 0 ? `Alert: ${wrong[0]!.message}` : ''}</span>
      <span className="sp" />
      <button type="button" className="row foot-btn" onClick={onAbout}>
        <Icon name="shield-check" size={12} />
        Nothing leaves your machine
      </button>
      <span className="sepr" />
      <span className="row" title="What comfytrace itself costs">
        <Icon name="gauge" size={12} />
        comfytrace{' '}
        {health ? (
          <b>
            {formatPercent(health.cost.cpuRatio, 1) ?? 'not measured'} CPU, {formatBytes(health.cost.residentBytes) ?? 'not measured'}
          </b>
        ) : 'not measured yet'}
      </span>
      <span className="sepr" />
      <button type="button" className="row foot-btn" onClick={onKeys}><b>?</b> shortcuts</button>
    </footer>
  );
}
