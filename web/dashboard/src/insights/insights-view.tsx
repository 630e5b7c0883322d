import type { Deviations } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { formatCount, plural } from '../format.ts';
import { Frame } from '../frame/frame.tsx';
import { navigate, useAddress } from '../router.tsx';
import { useServices, useSuggestions, useWarnings, useWorkerNames } from '../services.tsx';
import { Tabs } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { usePhone } from '../ui/media.ts';
import { Empty, Panel } from '../ui/parts.tsx';
import { AbsenceBody, CaveatMark, type PartState } from '../ui/states.tsx';
import { CoveragePanel } from './coverage-panel.tsx';
import { AlertDetail, DeviationDetail, RecommendationDetail, type Deeds } from './finding-detail.tsx';
import { FindingBones, FindingRow } from './finding-row.tsx';
import { kShelfWords, kShelves, sectionsOf, shelfCount, type Finding, type Shelf } from './findings.ts';
import { RulesDialog } from './rules-dialog.tsx';
import './insights.css';

interface Undo {
  sentence: string;
  undo: () => void;
}

/** What comfytrace found without being asked: alerts, recommendations, deviations; each with its evidence. */
export function InsightsView() {
  const { api } = useServices();
  const suggestions = useSuggestions();
  const warnings = useWarnings();
  const { query } = useAddress();
  const params = new URLSearchParams(query);
  const shelf = kShelves.find((each) => each === params.get('show')) ?? 'open';
  const deviations = useQuery({ select: useWorkerNames<Deviations>(), queryKey: ['deviations'], queryFn: ({ signal }) => api.deviations({}, 50, signal), staleTime: 60_000, retry: false });
  const rules = useQuery({ queryKey: ['recommendation-rules'], queryFn: ({ signal }) => api.recommendationRules(signal), staleTime: 300_000, retry: false });
  const [showRules, setShowRules] = useState(false);
  const [undo, setUndo] = useState<Undo | null>(null);
  const phone = usePhone();
  const sections = useMemo(
    () => sectionsOf(shelf, { alerts: warnings.alerts, recommendations: suggestions.recommendations, deviations: deviations.data?.deviations ?? [] }),
    [shelf, warnings.alerts, suggestions.recommendations, deviations.data],
  );
  const all = sections.flatMap((section) => section.findings);
  const asked = all.find((finding) => finding.key === params.get('id'));
  const selected = asked ?? (phone ? undefined : all[0]);
  const go = (next: { show?: Shelf; id?: string | null }) => {
    const to = new URLSearchParams();
    const show = next.show ?? shelf;
    if (show !== 'open') to.set('show', show);
    if (next.id) to.set('id', next.id);
    navigate(to.size > 0 ? `/insights?${to}` : '/insights', { replace: true });
  };
  const move = (by: number) => {
    const at = all.findIndex((finding) => finding === selected);
    const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
    if (!next) return false;
    go({ id: next.key });
    [...document.querySelectorAll<HTMLElement>('.finding')].find((row) => row.dataset['key'] === next.key)?.scrollIntoView?.({ block: 'nearest' });
    return true;
  };
  useKeys({ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), Escape: () => (phone && asked ? go({ id: null }) : false) });
  useUndoTime(undo, () => setUndo(null));

  const after = (done: Promise<boolean>, sentence: string, back: () => Promise<boolean>) => void done.then((well) => setUndo(well ? { sentence, undo: () => { setUndo(null); void back(); } } : null));
  const deeds: Deeds = {
    onDismiss: (id) => after(suggestions.dismiss(id), 'Dismissed.', () => suggestions.reopen(id)),
    onDefer: (id, untilMs) => after(suggestions.defer(id, untilMs), 'Deferred.', () => suggestions.reopen(id)),
    onApply: (id) => after(suggestions.apply(id), 'Noted as done.', () => suggestions.reopen(id)),
    onReopen: (id) => {
      const before = suggestions.recommendations.find((each) => each.id === id);
      after(suggestions.reopen(id), 'Open again.', () => (before?.state === 'applied' ? suggestions.apply(id) : before?.state === 'deferred' && before.deferredUntilMs !== null ? suggestions.defer(id, before.deferredUntilMs) : suggestions.dismiss(id)));
    },
    onAcknowledge: (id) => void warnings.acknowledge(id),
  };
  const count = (each: Shelf) => shelfCount(each, warnings.alerts, suggestions.recommendations);
  const loading = suggestions.state === 'loading' || warnings.state === 'loading';
  const error = suggestions.error ?? warnings.error;
  const failed = suggestions.state === 'error' && warnings.state !== 'ready';
  const looked = deviations.data ? `${plural(rules.data?.length ?? 0, 'rule')} and ${plural(deviations.data.runs, 'run')} looked at` : undefined;
  return (
    <Frame
      crumb={<><h1 className="crumb-h">Insights</h1>{!loading && <span className="el">{formatCount(count('open'))} open, {formatCount(count('deferred'))} deferred, {formatCount(count('applied') + count('dismissed'))} done</span>}</>}
      actions={<button type="button" className="btn ghost sm top-act" onClick={() => setShowRules(true)}><Icon name="sliders-horizontal" size={13} />Rules</button>}
    >
      <div className="insights">
        <section className={`panel findings ${phone && asked ? 'away' : ''}`} aria-label="What was found">
          <div className="ph">
            <Tabs label="Which" value={shelf} choices={kShelves.map((value) => ({ value, word: kShelfWords[value], note: loading ? undefined : String(count(value)) }))} onChange={(show) => go({ show })} />
            <span className="sp" />
            {error && !failed && <CaveatMark caveat={{ is: 'stale', detail: error }} />}
          </div>
          <div className="findings-list">
            {loading ? <FindingBones />
              : failed ? <AbsenceBody state={{ is: 'error', title: 'Not read', detail: error ?? '', onRetry: () => { void suggestions.refresh(); void warnings.refresh(); } }} />
                : all.length === 0 ? <NothingFound shelf={shelf} looked={looked} />
                  : sections.map((section) => (
                    <section key={section.title} aria-label={section.title}>
                      <h2 className="findings-h">{section.title}</h2>
                      <ul>{section.findings.map((finding) => <FindingRow key={finding.key} finding={finding} on={finding === selected} onSelect={(id) => go({ id })} />)}</ul>
                    </section>
                  ))}
          </div>
          <div className="pf">{undo ? <span role="status" className="row g6 t1">{undo.sentence} <button type="button" className="text-btn" onClick={undo.undo}>Undo</button></span> : deviations.error ? `Deviations were not read: ${deviations.error.message}` : (deviations.data?.sentence || 'Looking at the newest runs')}</div>
        </section>
        <div className={`stack insight-right ${phone && !asked ? 'only-more' : ''}`}>
          {phone && asked && <button type="button" className="btn" onClick={() => go({ id: null })}><Icon name="chevron-left" size={14} />All of them</button>}
          {(selected || !phone) && (
            <Panel label="What it rests on" className="finding-panel">
              {selected ? <Detail finding={selected} suggestions={suggestions} warnings={warnings} deeds={deeds} rule={selected.of.kind === 'recommendation' ? rules.data?.find((each) => selected.of.kind === 'recommendation' && each.rule === selected.of.recommendation.rule) : undefined} />
                : <div className="fill"><Empty icon="lightbulb" title={loading ? 'Reading' : 'Nothing is chosen'}><span>{loading ? '' : 'What is found is shown here with its evidence.'}</span></Empty></div>}
            </Panel>
          )}
          <CoveragePanel />
        </div>
      </div>
      {showRules && <RulesDialog onClose={() => setShowRules(false)} />}
    </Frame>
  );
}

function Detail({ finding, suggestions, warnings, deeds, rule }: {
  finding: Finding; suggestions: ReturnType<typeof useSuggestions>; warnings: ReturnType<typeof useWarnings>; deeds: Deeds; rule: Parameters<typeof RecommendationDetail>[0]['rule'];
}) {
  const { of } = finding;
  if (of.kind === 'deviation') return <DeviationDetail deviation={of.deviation} />;
  if (of.kind === 'alert') return <AlertDetail alert={of.alert} pending={warnings.pending.has(of.alert.id)} error={warnings.actionError?.id === of.alert.id ? warnings.actionError.sentence : null} deeds={deeds} />;
  const { id } = of.recommendation;
  return <RecommendationDetail recommendation={of.recommendation} rule={rule} pending={suggestions.pending.has(id)} error={suggestions.actionError?.id === id ? suggestions.actionError.sentence : null} deeds={deeds} />;
}

function NothingFound({ shelf, looked }: { shelf: Shelf; looked: string | undefined }) {
  const state: PartState = shelf === 'open' ? { is: 'empty', icon: 'check', title: 'Nothing to recommend', next: looked ?? 'Nothing is wrong, and nothing deviates.' } : { is: 'empty', icon: 's-nodata', title: `Nothing is ${kShelfWords[shelf].toLowerCase()}` };
  return <AbsenceBody state={state} />;
}

function useUndoTime(undo: Undo | null, forget: () => void): void {
  const latest = useRef(forget);
  latest.current = forget;
  useEffect(() => {
    if (!undo) return;
    const timer = setTimeout(() => latest.current(), 12_000);
    return () => clearTimeout(timer);
  }, [undo]);
}
