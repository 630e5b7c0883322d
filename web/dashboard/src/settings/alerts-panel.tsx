import type { AlertSink, SinkOutcome } from '@comfytrace/client';
import { useState } from 'react';
import { formatCount, formatWhen } from '../format.ts';
import { useHealth } from '../frame/frame.tsx';
import { AlertRuleList } from '../insights/rules-dialog.tsx';
import { useNow, useServices } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Badge, Panel } from '../ui/parts.tsx';
import { AbsenceBody, CaveatMark } from '../ui/states.tsx';

type Test = { is: 'idle' } | { is: 'running' } | { is: 'done'; outcomes: readonly SinkOutcome[] } | { is: 'failed'; sentence: string };

/** Where alerts go beside this page, each with a test's outcome, and the rules. Addresses are secrets: the host is all that is told. */
export function AlertsPanel() {
  const { api } = useServices();
  const health = useHealth();
  const [test, setTest] = useState<Test>({ is: 'idle' });
  const alerts = health.data?.alerts;
  const sinks = alerts?.sinks ?? [];
  const begin = async () => {
    setTest({ is: 'running' });
    try {
      setTest({ is: 'done', outcomes: await api.testAlerts() });
      void health.refetch();
    } catch (error) {
      setTest({ is: 'failed', sentence: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <Panel
      label="Alerts" title="Alerts" about={sinks.length > 0 ? 'names and hosts only' : undefined}
      actions={sinks.length > 0 ? <button type="button" className="btn sm" disabled={test.is === 'running'} onClick={() => void begin()}><Icon name="bell" size={13} />{test.is === 'running' ? 'Sending' : 'Send a test'}</button> : undefined}
      foot={<>Rules and sinks are set in <code className="mono">config.toml</code>; comfytrace reads it when it starts.</>}
    >
      <div className="pb stack">
        {!health.data && (health.error ? <AbsenceBody state={{ is: 'error', detail: health.error.message, onRetry: () => void health.refetch() }} /> : <AbsenceBody state={{ is: 'loading' }} lines={3} />)}
        {health.data && health.error && <CaveatMark caveat={{ is: 'stale', detail: health.error.message }} />}
        {health.data && sinks.length === 0 && <p className="note"><Icon name="shield-check" size={14} className="ok" /><span><b>Alerts are shown on this page and sent nowhere.</b> A webhook (ntfy, Discord, Slack, your own) or a command exists only once you write one into the configuration file.</span></p>}
        {sinks.length > 0 && <ul className="sinks">{sinks.map((sink) => <SinkLine key={sink.name} sink={sink} outcome={test.is === 'done' ? test.outcomes.find((each) => each.name === sink.name) : undefined} waits={test.is === 'running'} />)}</ul>}
        {test.is === 'failed' && <p className="bad s12" role="alert">The test was not sent: {test.sentence}</p>}
        {test.is === 'done' && <p className="s12 t2" role="status">{formatCount(test.outcomes.filter((each) => each.delivered).length)} of {formatCount(test.outcomes.length)} took the test.</p>}
        <details className="rule-fold"><summary>Rules in force</summary><AlertRuleList /></details>
      </div>
    </Panel>
  );
}

function SinkLine({ sink, outcome, waits }: { sink: AlertSink; outcome: SinkOutcome | undefined; waits: boolean }) {
  const now = useNow();
  return (
    <li>
      <span className="row g6 wrap">
        <Icon name={sink.kind === 'command' ? 'play' : 'external-link'} size={13} className="t3" />
        <b>{sink.name}</b><span className="t3">{sink.kind === 'command' ? 'command on this machine' : `to ${sink.target}`}, from {sink.minSeverity} on</span>
        <span className="sp" />
        {waits ? <Badge icon="s-connecting">being tested</Badge> : outcome && <Badge icon={outcome.delivered ? 's-success' : 's-failed'} tone={outcome.delivered ? 'b-ok' : 'b-bad'}>{outcome.delivered ? 'test delivered' : `test failed: ${outcome.error ?? 'no reason told'}`}</Badge>}
      </span>
      <span className="t3 s11">
        {formatCount(sink.delivered)} delivered{sink.deliveredAtMs !== null && `, last ${formatWhen(sink.deliveredAtMs, now)}`}{sink.waiting > 0 && `; ${formatCount(sink.waiting)} wait`}{sink.lost > 0 && <span className="warn">; {formatCount(sink.lost)} given up</span>}{sink.lastError && <span className="bad">; last try: {sink.lastError}</span>}
      </span>
    </li>
  );
}
