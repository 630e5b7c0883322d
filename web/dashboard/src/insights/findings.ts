import type { Alert, Deviation, Recommendation, RecommendationState } from '@comfytrace/client';
import { plural } from '../format.ts';
import { withoutIds } from '../telemetry/action-text.tsx';
import { titleOf } from '../telemetry/message-title.ts';
import { confidenceWord } from '../telemetry/recommendation-badge.tsx';

// Everything that was found, as rows of one list. Pure.

export type Tone = 'bad' | 'warn' | 'acc' | 'idle' | 'ok';
export type Shelf = 'open' | 'deferred' | 'applied' | 'dismissed' | 'past';
export const kShelves: readonly Shelf[] = ['open', 'deferred', 'applied', 'dismissed', 'past'];
export const kShelfWords: Record<Shelf, string> = { open: 'Open', deferred: 'Deferred', applied: 'Applied', dismissed: 'Dismissed', past: 'Over' };

export interface Finding {
  /** Unique among all kinds; stands in the address. */
  key: string;
  tone: Tone;
  icon: string;
  title: string;
  detail: string;
  note: string;
  atMs: number;
  of: { kind: 'alert'; alert: Alert } | { kind: 'recommendation'; recommendation: Recommendation } | { kind: 'deviation'; deviation: Deviation };
}

export interface Section {
  title: string;
  findings: readonly Finding[];
}

export const kSeverities = {
  critical: { tone: 'bad', icon: 's-failed' }, warning: { tone: 'warn', icon: 's-warn' }, info: { tone: 'acc', icon: 's-info' },
} as const;

export function recommendationFinding(recommendation: Recommendation): Finding {
  const [title, rest] = titleOf(recommendation.message);
  const { tone, icon } = kSeverities[recommendation.severity];
  const n = recommendation.evidenceRunIds.length;
  return {
    key: `r-${recommendation.id}`, tone: recommendation.state === 'open' ? tone : 'idle', icon, title, detail: rest || withoutIds(recommendation.suggestedAction ?? ''), atMs: recommendation.createdAtMs,
    note: [ruleWords(recommendation.rule), `confidence ${confidenceWord(recommendation.confidence)}`, n > 0 ? plural(n, 'run') : ''].filter(Boolean).join(', '), of: { kind: 'recommendation', recommendation },
  };
}

export function alertFinding(alert: Alert): Finding {
  const [title, rest] = titleOf(alert.message);
  const { tone, icon } = kSeverities[alert.severity];
  const over = alert.clearedAtMs !== null;
  const note = over ? 'over' : alert.acknowledgedAtMs !== null ? 'acknowledged' : alert.heldBack ? 'held back by quiet hours' : '';
  return { key: `a-${alert.id}`, tone: over ? 'idle' : tone, icon, title, detail: rest, note: [ruleWords(alert.rule), note].filter(Boolean).join(', '), atMs: alert.raisedAtMs, of: { kind: 'alert', alert } };
}

export function deviationFinding(deviation: Deviation): Finding {
  const better = deviation.verdict === 'better';
  const id = [deviation.runId, deviation.subject, deviation.sceneId, deviation.classType, deviation.metric].filter(Boolean).join('.');
  return {
    key: `d-${id}`, tone: better ? 'ok' : 'warn', icon: better ? 'v-better' : 'v-worse', title: deviation.sentence.replace(/\.$/, ''), detail: [deviation.workflow, deviation.subject === 'run' ? '' : deviation.subject === 'scene' ? 'one scene of a run' : 'one class of node of a run'].filter((each) => each && !deviation.sentence.startsWith(each)).join(', '), atMs: deviation.createdAtMs,
    note: [`deviation, p ${deviation.pValue < 0.001 ? 'below 0.001' : deviation.pValue.toFixed(3)}`, `n ${deviation.n}`, deviation.inARow > 1 ? `${deviation.inARow} in a row` : ''].filter(Boolean).join(', '), of: { kind: 'deviation', deviation },
  };
}

const kStates: Record<Shelf, readonly RecommendationState[]> = { open: ['open'], deferred: ['deferred'], applied: ['applied'], dismissed: ['dismissed'], past: ['resolved'] };

/** What lies on a shelf, most urgent first. Alerts and deviations are open or over. */
export function sectionsOf(shelf: Shelf, found: { alerts: readonly Alert[]; recommendations: readonly Recommendation[]; deviations: readonly Deviation[] }): Section[] {
  const alerts = found.alerts.filter((alert) => (shelf === 'open' ? alert.clearedAtMs === null : shelf === 'past' && alert.clearedAtMs !== null));
  const sections: Section[] = [
    { title: 'Alerts', findings: alerts.map(alertFinding) },
    { title: 'Recommendations', findings: found.recommendations.filter((each) => kStates[shelf].includes(each.state)).map(recommendationFinding) },
    { title: 'Deviations among the newest runs', findings: shelf === 'open' ? found.deviations.map(deviationFinding) : [] },
  ];
  return sections.filter((section) => section.findings.length > 0);
}

/** How many lie on each; deviations are no task and are not counted. */
export function shelfCount(shelf: Shelf, alerts: readonly Alert[], recommendations: readonly Recommendation[]): number {
  return recommendations.filter((each) => kStates[shelf].includes(each.state)).length + (shelf === 'open' ? alerts.filter((alert) => alert.clearedAtMs === null).length : shelf === 'past' ? alerts.filter((alert) => alert.clearedAtMs !== null).length : 0);
}

/** `failureStreak` is `failure streak`; the settings' own word stands in the list of rules. */
export function ruleWords(rule: string): string {
  return rule.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Evidence by name, in words: `disconnectedMs: 360000` is `disconnected 6m 00s`. */
export function evidenceName(name: string): { words: string; unit: 'ms' | 'bytes' | 'rate' | 'count' } {
  const unit = /Ms$/.test(name) ? 'ms' : /Bytes$/.test(name) ? 'bytes' : /(Ratio|Rate)$/.test(name) ? 'rate' : 'count';
  const words = name.replace(/(Ms|Bytes|Ratio|Rate)$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/_/g, ' ');
  return { words: words || name, unit };
}
