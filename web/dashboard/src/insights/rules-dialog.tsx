import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { kGap } from '../format.ts';
import { textOf } from '../measure.ts';
import { useServices } from '../services.tsx';
import { Badge, Dialog } from '../ui/parts.tsx';
import { AbsenceBody, isAbsent, stateOf } from '../ui/states.tsx';
import './rules.css';

/** By which rules something is found, with their thresholds as they are set, and how to set them. */
export function RulesDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Rules" icon="sliders-horizontal" onClose={onClose} className="dlg-wide" footer={<button type="button" className="btn" onClick={onClose}>Close</button>}>
      <AlertRuleList />
      <RecommendationRuleList />
      <p className="t3 s12">They are set in <code className="mono">config.toml</code>, which comfytrace reads when it starts; it names line, field and mend of what is wrong. For example:</p>
      <pre className="code dlg-code">{'[alerts.rules.workerDown]\nafter_s = 300\nseverity = "warning"'}</pre>
    </Dialog>
  );
}

/** A number as rules have it, in words: `0.1` as a rate is 10 %. */
export function thresholdText(value: number, unit: string): string {
  if (unit === 'rate') return textOf(value, 'ratio')!;
  if (unit === 'bytes') return textOf(value, 'bytes')!;
  if (unit === 'ms') return textOf(value, 'ms')!;
  if (unit === 's') return textOf(value * 1000, 'ms')!;
  return unit && unit !== 'ratio' ? `${value}${kGap}${unit}` : String(value);
}

/** Settings carry their units in their names. */
export function unitOfName(name: string): string {
  return /_s$/.test(name) ? 's' : /_bytes$/.test(name) ? 'bytes' : '';
}

interface RuleLine {
  name: string;
  sentence: string;
  mark: ReactNode;
  thresholds: { name: string; value: string; changed: boolean; sentence: string }[];
}

export function AlertRuleList() {
  const { api } = useServices();
  const asked = useQuery({ queryKey: ['alert-rules'], queryFn: ({ signal }) => api.alertRules(signal), staleTime: 300_000, retry: false });
  const lines = asked.data?.map((rule): RuleLine => ({
    name: rule.name, sentence: rule.sentence, mark: <Badge tone={!rule.enabled ? 'b-none' : rule.severity === 'critical' ? 'b-bad' : rule.severity === 'warning' ? 'b-warn' : 'b-acc'}>{rule.enabled ? rule.severity : 'off'}</Badge>,
    thresholds: rule.thresholds.map((each) => ({ name: each.name, value: thresholdText(each.value, unitOfName(each.name)), changed: each.value !== each.default, sentence: `${each.sentence}; ${each.least} to ${each.most}, at first ${each.default}` })),
  }));
  const state = stateOf(asked, lines !== undefined, lines?.length === 0 ? { is: 'empty', icon: 'bell-off', title: 'Alerts are switched off' } : null);
  return <RuleLines title="Alerts" lines={lines ?? []} absence={isAbsent(state) ? <AbsenceBody state={state} lines={5} /> : null} />;
}

function RecommendationRuleList() {
  const { api } = useServices();
  const asked = useQuery({ queryKey: ['recommendation-rules'], queryFn: ({ signal }) => api.recommendationRules(signal), staleTime: 300_000, retry: false });
  const lines = asked.data?.map((rule): RuleLine => ({ name: rule.rule, sentence: rule.meaning, mark: null, thresholds: rule.thresholds.map((each) => ({ name: each.name, value: thresholdText(each.value, each.unit), changed: false, sentence: each.meaning })) }));
  const state = stateOf(asked, lines !== undefined, lines?.length === 0 ? { is: 'empty', title: 'This server tells no rules' } : null);
  return <RuleLines title="Recommendations" lines={lines ?? []} absence={isAbsent(state) ? <AbsenceBody state={state} lines={5} /> : null} />;
}

function RuleLines({ title, lines, absence }: { title: string; lines: readonly RuleLine[]; absence: ReactNode }) {
  return (
    <section aria-label={`Rules of ${title.toLowerCase()}`}>
      <h3 className="rules-title">{title}</h3>
      {absence ?? (
        <ul className="rules">
          {lines.map((line) => (
            <li key={line.name}>
              <span className="row g6"><b className="mono">{line.name}</b><span className="sp" />{line.mark}</span>
              <span className="t2">{line.sentence}</span>
              {line.thresholds.length > 0 && <span className="row g12 wrap s11 t3">{line.thresholds.map((each) => <span key={each.name} title={each.sentence} className="nw"><span className="mono">{each.name}</span> <span className={each.changed ? 'acc' : 't2'}>{each.value}{each.changed && ', set'}</span></span>)}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
