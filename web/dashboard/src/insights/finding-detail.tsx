import type { Alert, Deviation, Recommendation, RecommendationRule } from '@comfytrace/client';
import type { ReactNode } from 'react';
import { capitalised, formatCount, formatDuration, formatWhen, plural } from '../format.ts';
import { useHealth } from '../frame/frame.tsx';
import { textOf } from '../measure.ts';
import { Link, runPath } from '../router.tsx';
import { useNow, useWorkerName } from '../services.tsx';
import { ActionText } from '../telemetry/action-text.tsx';
import { confidenceText, titleOf } from '../telemetry/message-title.ts';
import { confidenceWord } from '../telemetry/recommendation-badge.tsx';
import { Icon } from '../ui/icon.tsx';
import { KeyValue } from '../ui/key-value.tsx';
import { Menu } from '../ui/menu.tsx';
import { Badge } from '../ui/parts.tsx';
import { EvidenceRuns } from './evidence-runs.tsx';
import { thresholdText } from './rules-dialog.tsx';
import { evidenceName, kSeverities, ruleWords } from './findings.ts';

const kDay = 86_400_000;
const kLikeWords = { executed: 'workflow, models, size, device, cached nodes', warmth: 'workflow, models, size, device, cold or warm', device: 'workflow, models, size, device', models: 'workflow, models, size', structure: 'workflow and size' } as const;

export interface Deeds {
  onDismiss: (id: string) => void;
  onDefer: (id: string, untilMs: number) => void;
  onApply: (id: string) => void;
  onReopen: (id: string) => void;
  onAcknowledge: (id: string) => void;
}

function DetailHead({ icon, tone, title, rest, badges }: { icon: string; tone: string; title: string; rest: string; badges: ReactNode }) {
  return (
    <>
      <div className="row g6 wrap"><Icon name={icon} size={16} className={tone} />{badges}</div>
      <h2 className="detail-title">{title}</h2>
      {rest && <p className="t2">{rest}</p>}
    </>
  );
}

export function RecommendationDetail({ recommendation, rule, pending, error, deeds }: { recommendation: Recommendation; rule: RecommendationRule | undefined; pending: boolean; error: string | null; deeds: Deeds }) {
  const now = useNow();
  const { id, state, severity, confidence, evidenceRunIds, suggestedAction } = recommendation;
  const { tone, icon } = kSeverities[severity];
  const [title, rest] = titleOf(recommendation.message);
  const deferral: [string, number][] = [['Until tomorrow', kDay], ['For a week', 7 * kDay], ['For a month', 30 * kDay]];
  const stateWord = state === 'deferred' && recommendation.deferredUntilMs !== null ? `deferred until ${formatWhen(recommendation.deferredUntilMs, now)}` : state === 'resolved' ? 'over by itself' : state;
  return (
    <div className="detail" aria-busy={pending}>
      <DetailHead icon={icon} tone={tone} title={title} rest={rest} badges={<><Badge tone={`b-${tone}`}>{severity === 'info' ? 'suggestion' : severity}</Badge><Badge tone="b-none">{stateWord}</Badge></>} />
      <dl className="detail-facts">
        <KeyValue label="Confidence" value={confidenceWord(confidence)} evidence={`${confidenceText(confidence)}, from the data`} />
        <KeyValue label="Rests on" value={evidenceRunIds.length > 0 ? plural(evidenceRunIds.length, 'run') : 'no single run'} evidence="named below" />
        <KeyValue label="Rule" value={ruleWords(recommendation.rule)} evidence={rule ? rule.thresholds.slice(0, 2).map((each) => `${ruleWords(each.name)} ${thresholdText(each.value, ruleWords(each.name).endsWith(each.unit) ? '' : each.unit)}`).join(', ') || 'no threshold' : undefined} title={rule?.meaning} />
        <KeyValue label="First seen" value={formatWhen(recommendation.createdAtMs, now)} />
      </dl>
      {suggestedAction && <section className="todo" aria-label="What to do"><h3>What to do</h3><p className="row g6"><Icon name="corner-down-right" size={13} className="t3" /><span><ActionText text={suggestedAction} runIds={evidenceRunIds} /></span></p></section>}
      {error && <p className="bad s12" role="alert">Taken back: {error}</p>}
      <div className="row wrap detail-acts">
        {state === 'open' && (
          <>
            <button type="button" className="btn primary" disabled={pending} onClick={() => deeds.onApply(id)} title="Notes that it was followed; comfytrace changes nothing in ComfyUI"><Icon name="check" size={14} />I did this</button>
            <Menu label="Defer" className="btn" align="start" items={deferral.map(([word, ms]) => ({ word, onSelect: () => deeds.onDefer(id, Date.now() + ms) }))}><Icon name="clock" size={14} />Defer<Icon name="chevron-down" size={13} /></Menu>
            <button type="button" className="btn ghost" disabled={pending} onClick={() => deeds.onDismiss(id)}>Dismiss</button>
          </>
        )}
        {state !== 'open' && state !== 'resolved' && <button type="button" className="btn" disabled={pending} onClick={() => deeds.onReopen(id)}><Icon name="rotate-ccw" size={14} />Reopen</button>}
      </div>
      <EvidenceRuns key={id} runIds={evidenceRunIds} />
      {rule && <p className="t3 s11 detail-foot">{rule.meaning.replace(/\.?$/, '.')} A dismissed one stays away until there is materially new evidence.</p>}
    </div>
  );
}

export function AlertDetail({ alert, pending, error, deeds }: { alert: Alert; pending: boolean; error: string | null; deeds: Deeds }) {
  const now = useNow();
  const workerName = useWorkerName();
  const { tone, icon } = kSeverities[alert.severity];
  const [title, rest] = titleOf(alert.message);
  const over = alert.clearedAtMs !== null;
  const sinks = useHealth().data?.alerts?.sinks.length;
  const toNobody = alert.toldAtMs === null || sinks === 0;
  return (
    <div className="detail" aria-busy={pending}>
      <DetailHead icon={icon} tone={over ? 't3' : tone} title={title} rest={rest} badges={<><Badge tone={over ? 'b-none' : `b-${tone}`}>{alert.severity}</Badge><Badge tone="b-none">{over ? 'over' : alert.acknowledgedAtMs !== null ? 'acknowledged' : 'open'}</Badge>{alert.heldBack && <Badge icon="bell-off" tone="b-none">held back by quiet hours</Badge>}</>} />
      <dl className="detail-facts">
        <KeyValue label="Since" value={formatWhen(alert.raisedAtMs, now)} evidence={over ? `for ${formatDuration(alert.clearedAtMs! - alert.raisedAtMs)}` : `${formatDuration(Math.max(1000, now - alert.raisedAtMs))} by now`} />
        {Object.entries(alert.evidence).slice(0, 4).map(([name, value]) => {
          const { words, unit } = evidenceName(name);
          return <KeyValue key={name} label={capitalised(words)} value={unit === 'count' && !Number.isInteger(value) ? String(Math.round(value * 1000) / 1000) : value} unit={unit} />;
        })}
        <KeyValue label="Told outside" value={toNobody ? <span className="t3">to nobody</span> : formatWhen(alert.toldAtMs!, now)} evidence={!toNobody ? undefined : sinks === 0 ? 'nobody is set to be told' : 'held back, or nobody is set'} />
      </dl>
      {error && <p className="bad s12" role="alert">Taken back: {error}</p>}
      <div className="row wrap detail-acts">
        {!over && alert.acknowledgedAtMs === null && <button type="button" className="btn primary" disabled={pending} onClick={() => deeds.onAcknowledge(alert.id)}><Icon name="check" size={14} />Acknowledge</button>}
        {alert.runId && <Link className="btn" href={runPath(alert.runId)}>Open the run</Link>}
        {alert.workerId && <Link className="btn" href="/">See {workerName(alert.workerId)} live</Link>}
      </div>
      <p className="t3 s11 detail-foot">Rule: {ruleWords(alert.rule)}. {over ? 'It was cleared by itself.' : 'Acknowledging it ends its repeats; it goes by itself when the cause is gone.'}</p>
    </div>
  );
}

export function DeviationDetail({ deviation }: { deviation: Deviation }) {
  const unit = deviation.metric === 'vramPeakBytes' ? 'memory' : 'ms';
  const better = deviation.verdict === 'better';
  const what = deviation.subject === 'nodeClass' ? deviation.classType : deviation.subject === 'scene' ? 'a scene' : 'the run';
  return (
    <div className="detail">
      <DetailHead icon={better ? 'v-better' : 'v-worse'} tone={better ? 'ok' : 'warn'} title={deviation.sentence.replace(/\.$/, '')} rest="" badges={<><Badge tone={better ? 'b-ok' : 'b-warn'}>{better ? 'better' : 'worse'}</Badge><Badge tone="b-none">{deviation.workflow}</Badge></>} />
      <dl className="detail-facts">
        <KeyValue label={`Value of ${what}`} value={deviation.value} unit={unit} evidence={`usual: ${textOf(deviation.baselineMedian, unit)}`} />
        <KeyValue label="Ratio" value={`${deviation.ratio.toFixed(2)}\u202f×`} evidence={`n ${formatCount(deviation.n)}`} />
        <KeyValue label="Evidence" value={`p ${deviation.pValue < 0.001 ? '< 0.001' : deviation.pValue.toFixed(3)}`} evidence="over all tests at once" />
        <KeyValue label="In a row" value={deviation.inARow} evidence={deviation.persistent ? 'it persists' : 'so far'} />
      </dl>
      <p className="held"><span className="t3">Held equal:</span> {kLikeWords[deviation.level]}</p>
      <div className="row wrap detail-acts"><Link className="btn" href={runPath(deviation.runId)}>Open the run</Link></div>
      <EvidenceRuns key={deviation.runId} runIds={deviation.runIds} />
    </div>
  );
}
