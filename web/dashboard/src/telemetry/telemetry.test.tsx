import { allExitReasons, type ExitReason, type Run } from '@comfytrace/client';
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { comparison, heldFilter, noStatistics, oneRun, recent, recommendation, sampleRun, statistics, tooFew, trend, troubledRun } from '../gallery/samples.ts';
import { forgetPrefs } from '../prefs.ts';
import { kReady, type PartState } from '../ui/states.tsx';
import { activeCriteria } from './active-filters.tsx';
import { badgeFactsOf } from './badge-facts.ts';
import { CleanupDialog, pruneRuleOf } from './cleanup-dialog.tsx';
import { ExportDialog } from './export-dialog.tsx';
import { FallbackWarningsCard, sceneWords, warningsOf } from './fallback-warnings-card.tsx';
import { HistoricalTelemetryCard } from './historical-telemetry-card.tsx';
import { QueuePolicyCard, worstWaitMs } from './queue-policy-card.tsx';
import { RecommendationBadge } from './recommendation-badge.tsx';
import { RunStatisticsPanel } from './run-statistics-panel.tsx';
import { wilson } from './success-interval.ts';
import { StreamBadge, TelemetryBadges } from './telemetry-badges.tsx';
import { TelemetryFilterPanel } from './telemetry-filter-panel.tsx';
import { momentOf } from './week-brush.tsx';

const facts = badgeFactsOf(troubledRun, 'cuda:0 NVIDIA GeForce RTX 4090 : native', comparison.duration);
const body = () => document.body.textContent!.replace(/[\u202f\u00a0]/g, ' ');

beforeEach(() => {
  window.localStorage.clear();
  forgetPrefs();
});

// Faults of the program before this one, by their number in what is known of it.
describe('faults that were there before', () => {
  it('5: a run without a comparison, statistics or history crashes nothing and shows no zeros', () => {
    render(<HistoricalTelemetryCard state={kReady} comparison={null} statistics={null} recent={[]} trend={null} />);
    render(<RunStatisticsPanel state={kReady} statistics={noStatistics} />);
    expect(body()).not.toMatch(/NaN|undefined|(?<!\d)0(\.0+)?\s?(%|ms|s\b|GiB)/);
    expect(screen.getAllByText('no sample').length).toBe(1);
  });

  it('6: a constant success rate is no trend; the words are those of the answer, whatever order the runs come in', () => {
    const flat = { ...trend, verdict: 'noEvidence' as const, sentence: 'No evidence of a trend', steps: [] };
    const { rerender } = render(<HistoricalTelemetryCard state={kReady} comparison={null} statistics={statistics} recent={recent} trend={flat} />);
    const said = () => document.querySelector('[data-verdict]')!.textContent;
    const before = said();
    rerender(<HistoricalTelemetryCard state={kReady} comparison={null} statistics={statistics} recent={[...recent].reverse()} trend={flat} />);
    expect(said()).toBe(before);
    expect(body()).not.toMatch(/improving|better|worse/);
  });

  it('6: improving is what falls with time: the arrow is that of the step, whatever the newest runs did', () => {
    const faster = { ...trend, verdict: 'better' as const, sentence: '12 % faster since 16 Nov', steps: trend.steps.map((step) => ({ ...step, size: -0.12 })) };
    render(<HistoricalTelemetryCard state={kReady} comparison={null} statistics={statistics} recent={recent} trend={faster} />);
    expect(document.querySelector('[data-verdict=better] use')!.getAttribute('href')).toMatch(/v-better$/);
  });

  it('7: every exit reason has words of its own, success has none, and every scene is looked at', () => {
    const ended = (exitReason: ExitReason, scene = 1): Run => sampleRun({}, (at) => [{ status: exitReason === 'success' || at !== scene ? 'success' : 'failed', exitReason: at === scene ? exitReason : 'success' }]);
    expect(warningsOf(ended('success')).warnings).toEqual([]);
    const words = allExitReasons.filter((reason) => !['success', 'interrupted', 'deleted'].includes(reason)).map((reason) => warningsOf(ended(reason)).warnings[0]!.what);
    expect(new Set(words).size).toBe(8);
    expect(warningsOf(ended('outOfMemory', 6)).warnings[0]!.scenes).toEqual([6]);
    const { container } = render(<FallbackWarningsCard state={kReady} run={ended('success')} />);
    expect(container.textContent).toContain('No fallbacks, no warnings');
    // A driven run whose files came ends by postExecution and is none the worse for it.
    expect(warningsOf(sampleRun({}, () => [{ status: 'success', exitReason: 'postExecution' }])).warnings).toEqual([]);
  });

  it('7: what is clear is not painted as a fault', () => {
    const { container } = render(<TelemetryBadges facts={{ ...facts, postExecutionHit: false }} />);
    const clear = container.querySelector('[data-badge=post] .badge')!;
    expect(clear.textContent).toBe('post-exec clear');
    expect(clear.className).not.toMatch(/b-bad|b-warn/);
  });

  it('9: one scale a unit: rates of 0 to 1 in percent once, memory in GiB, a consumed change negative', () => {
    render(<TelemetryBadges facts={{ ...facts, vramDeltaBytes: -(2 ** 29), vramPeakBytes: 23.6 * 2 ** 30 }} />);
    expect(body()).toContain('change \u22120.5 GiB');
    expect(body()).toContain('VRAM peak 23.6 GiB');
    render(<RunStatisticsPanel state={kReady} statistics={statistics} />);
    expect(body()).toContain('Success rate96.4 %');
    render(<RecommendationBadge recommendation={{ ...recommendation, confidence: 0.92 }} />);
    expect(body()).toContain('confidence high');
    expect(body()).not.toMatch(/9200|9640/);
  });
});

describe('states', () => {
  const absences: [PartState, RegExp][] = [
    [{ is: 'loading' }, /^(?!.*NaN)/], [{ is: 'error', detail: 'locked by another program', onRetry: vi.fn() }, /locked by another program/],
    [{ is: 'empty', title: 'No history yet', next: 'Run workflows.' }, /No history yet.*Run workflows/], [{ is: 'disconnected', detail: 'refused' }, /Disconnected.*refused/], [{ is: 'notEnough', have: '3 of 6 runs' }, /Not enough data.*3 of 6 runs/],
  ];
  const parts: [string, (state: PartState) => ReactNode][] = [
    ['HistoricalTelemetryCard', (state) => <HistoricalTelemetryCard state={state} comparison={null} statistics={null} recent={[]} trend={null} />],
    ['RunStatisticsPanel', (state) => <RunStatisticsPanel state={state} statistics={null} />],
    ['QueuePolicyCard', (state) => <QueuePolicyCard state={state} policy={troubledRun.policy} />],
    ['FallbackWarningsCard', (state) => <FallbackWarningsCard state={state} run={null} />],
  ];
  it.each(parts)('of %s are said, keep its size, and an error can be tried again', (label, part) => {
    for (const [state, words] of absences) {
      const { container, unmount } = render(<>{part(state)}</>);
      expect(screen.getByRole('region', { name: label })).toBeTruthy();
      expect(container.textContent!.replace(/\s+/g, ' ')).toMatch(words);
      expect(container.querySelector<HTMLElement>('.state-box')!.style.minHeight).not.toBe('');
      expect(container.querySelector('[aria-busy=true]') !== null).toBe(state.is === 'loading');
      if (state.is === 'error') {
        fireEvent.click(within(container).getByRole('button', { name: 'Retry' }));
        expect(state.onRetry).toHaveBeenCalled();
      }
      unmount();
    }
  });

  it('of data that is shown but old stand beside it', () => {
    render(<HistoricalTelemetryCard state={{ is: 'ready', caveat: { is: 'stale', ageMs: 41_000, detail: '1 run is not counted' } }} comparison={comparison} statistics={statistics} recent={recent} trend={null} />);
    expect(body()).toContain('stale41 s old, 1 run is not counted');
    expect(body()).toContain('18 % slower than 42 like runs');
  });

  it('of the stream: each its word; it pulses only while data streams', () => {
    for (const state of ['connecting', 'connected', 'streaming', 'stalled', 'stale', 'polling', 'disconnected'] as const) {
      const { container, unmount } = render(<StreamBadge freshness={{ state, ageMs: 41_000 }} />);
      expect(screen.getByRole('status').textContent).toBe(state);
      expect(container.textContent!.replace(/[\u202f\u00a0]/g, ' ')).toContain('last update 41 s ago');
      expect(container.querySelector('.pulse') !== null).toBe(state === 'streaming');
      unmount();
    }
  });
});

describe('claims', () => {
  it('with too few runs say how many there are, and no percent', () => {
    render(<HistoricalTelemetryCard state={kReady} comparison={tooFew} statistics={oneRun} recent={[]} trend={null} />);
    expect(body()).toContain('Not enough data 3 of 5 runs');
    expect(body()).toContain('one value');
  });
  it('carry interval, n, what was held equal and what differs', () => {
    render(<HistoricalTelemetryCard state={kReady} comparison={comparison} statistics={statistics} recent={recent} trend={null} runId="run-0" />);
    expect(body()).toContain('worse: 18 % slower than 42 like runs 95 % interval 14 to 22 %, n 42');
    expect(body()).toMatch(/Held equal:.*model files.*Differs:.*ComfyUI version/);
  });
  it('of rates at few runs keep within 0 and 1', () => {
    expect(wilson(1, 1)!.high).toBe(1);
    expect(wilson(1, 1)!.low).toBeCloseTo(0.2065, 3);
    expect(wilson(0, 0)).toBeNull();
    expect(wilson(40, 42)!.low).toBeCloseTo(0.842, 2);
  });
});

describe('badges', () => {
  it('are hidden one by one, and stay so', () => {
    const { unmount } = render(<TelemetryBadges facts={facts} />);
    fireEvent.click(screen.getByRole('button', { name: 'Choose badges' }));
    fireEvent.click(screen.getByRole('menuitemcheckbox', { name: 'GPU' }));
    unmount();
    const { container } = render(<TelemetryBadges facts={facts} />);
    expect(container.querySelector('[data-badge=gpu]')).toBeNull();
    expect(container.querySelector('[data-badge=status]')).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Choose badges, 1 hidden' })).toBeTruthy();
  });
});

describe('the policy', () => {
  const policy = troubledRun.policy!;
  it('waits at most for every attempt its whole time, or for its polls', () => {
    expect(worstWaitMs(policy)).toBe(1_200_000);
    expect(worstWaitMs({ ...policy, attemptLimit: 3, retryBudget: 0 })).toBe(6_000);
  });
  it('of a run that nobody drove is said to be none', () => {
    render(<QueuePolicyCard state={kReady} policy={null} />);
    expect(body()).toContain('No queue policy');
  });
  it('names scenes as people do', () => {
    expect([sceneWords([1, 2, 3], 6), sceneWords([2], 6), sceneWords([1, 3], 6), sceneWords([1], 1), sceneWords([1, 2], 2)]).toEqual(['scenes 1 to 3', 'scene 2', 'scenes 1 and 3', '', 'all scenes']);
  });
});

describe('a recommendation', () => {
  it('is dismissed, deferred by a time of choice, and says when a change was taken back', () => {
    const dismiss = vi.fn();
    const defer = vi.fn();
    render(<RecommendationBadge recommendation={recommendation} onDismiss={dismiss} onDefer={defer} error="it is resolved" />);
    fireEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
    expect(dismiss).toHaveBeenCalledWith('tiled');
    fireEvent.click(screen.getByRole('button', { name: 'Defer' }));
    fireEvent.click(screen.getByRole('menuitem', { name: 'for a week' }));
    expect(defer.mock.calls[0]![1]).toBeGreaterThan(Date.now() + 6 * 86_400_000);
    expect(screen.getByRole('alert').textContent).toBe('Taken back: it is resolved');
  });
});

describe('the filter', () => {
  it('shows counts, and changes one criterion at a time', () => {
    const change = vi.fn();
    render(<TelemetryFilterPanel filter={heldFilter({ filter: { status: ['failed'] }, active: 1, change })} facets={{ status: [{ value: 'success', count: 1_238 }, { value: 'failed', count: 31 }] }} />);
    fireEvent.click(screen.getByRole('checkbox', { name: /success/ }));
    expect(change).toHaveBeenCalledWith({ status: ['failed', 'success'] });
    const from = screen.getByRole('textbox', { name: 'Duration from, s' });
    fireEvent.change(from, { target: { value: 'abc' } });
    fireEvent.blur(from);
    expect(change).toHaveBeenCalledTimes(1);
    expect(body()).toContain('"abc" is no number');
    fireEvent.change(from, { target: { value: '1.5' } });
    fireEvent.blur(from);
    expect(change).toHaveBeenLastCalledWith({ durationMinMs: 1_500, durationMaxMs: undefined });
  });
  it('is told in chips that can each be taken away', () => {
    const criteria = activeCriteria({ from: '-30d', durationMinMs: 10_000, durationMaxMs: 300_000, exitReason: ['outOfMemory'], archived: false });
    expect(criteria.map((each) => `${each.name} ${each.words}`.replace(/[\u202f\u00a0]/g, ' '))).toEqual(['last 30 days', 'ended by out of memory', 'duration 10 s to 5m 00s', 'archived not']);
    expect(criteria[2]!.without).toEqual({ from: '-30d', exitReason: ['outOfMemory'], archived: false });
  });
  it('reads times as the server does', () => {
    expect(momentOf('-7d', 10 * 86_400_000)).toBe(3 * 86_400_000);
    expect(momentOf('soon', 0)).toBeNull();
  });
});

describe('export and clean-up', () => {
  it('exports the chosen columns, says a refusal, and has nothing to do without runs', async () => {
    const onExport = vi.fn().mockRejectedValueOnce(new Error('disk full')).mockResolvedValueOnce(undefined);
    const { rerender } = render(<ExportDialog matched={3} onClose={vi.fn()} onExport={onExport} />);
    fireEvent.click(screen.getByRole('button', { name: 'title' }));
    fireEvent.click(screen.getByRole('button', { name: 'Export' }));
    expect((await screen.findByRole('alert')).textContent).toBe('Not exported: disk full');
    expect(onExport.mock.calls[0]![1]).not.toContain('title');
    fireEvent.click(screen.getByRole('button', { name: 'Export' }));
    await screen.findByText('The download has begun.');
    rerender(<ExportDialog matched={0} onClose={vi.fn()} onExport={onExport} />);
    expect((screen.getByRole('button', { name: 'Export' }) as HTMLButtonElement).disabled).toBe(true);
  });
  it('removes nothing before it has said how much goes, and repeats the number', async () => {
    const prune = vi.fn(async () => ({ runs: 412_806, bytes: 331 * 2 ** 20, oldestAtMs: 0, newestAtMs: 1, keptOpen: 0, keptArchived: 0, keptTagged: 0, dryRun: true }));
    render(<CleanupDialog runs={1_003_441} bytes={811 * 2 ** 20} onClose={vi.fn()} onPrune={prune} />);
    expect((screen.getByRole('button', { name: 'Remove' }) as HTMLButtonElement).disabled).toBe(true);
    const button = await screen.findByRole('button', { name: /Remove 412/ });
    expect(body()).toMatch(/gives back about 331 MiB.*Archived, tagged and open runs are kept/);
    expect(prune.mock.calls).toEqual([[expect.objectContaining({ dryRun: true })]]);
    fireEvent.click(button);
    await waitFor(() => expect(body()).toContain('412 806 runs removed'));
    expect(prune).toHaveBeenLastCalledWith(expect.objectContaining({ dryRun: false }));
  });
  it('asks for no rule without a bound', () => {
    expect(pruneRuleOf('olderThan', undefined)).toBeNull();
    expect(pruneRuleOf('maxBytes', 0)).toBeNull();
    expect(pruneRuleOf('keep', 100.7)).toEqual({ keep: 100 });
    expect(pruneRuleOf('olderThan', 30), 'an age, not a date').toEqual({ olderThanMs: 30 * 86_400_000 });
  });
});
