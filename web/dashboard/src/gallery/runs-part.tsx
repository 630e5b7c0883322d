import type { LiveState, RunSummary, Status } from '@comfytrace/client';
import { Frameless } from '../frame/frame.tsx';
import { AddressScope } from '../router.tsx';
import { RunsView } from '../runs/runs-view.tsx';
import { kLost, liveOf } from './live-samples.ts';
import { Part, State } from './part.tsx';
import { kNow, noStatistics, statistics, summary } from './samples.ts';
import { Stage, type Answers } from './stage.tsx';

const kAll = 1_003_441;
const kEnds: Record<number, Partial<RunSummary>> = {
  2: { status: 'failed', exitReason: 'outOfMemory', durationMs: null, title: 'Tide test 1080p' }, 5: { status: 'partial', sceneCount: 6, scenesSucceeded: 4, title: 'The Lighthouse Keeper' },
  7: { status: 'cancelled', exitReason: 'interrupted', durationMs: null }, 9: { status: 'timeout', exitReason: 'maxWait' }, 11: { tags: ['reel', 'second grade', 'keep'] },
};
const runs = Array.from({ length: 100 }, (_, at) => summary(at, kEnds[at]));
const health = {
  status: 'ok', version: '0.1.0', bootId: 'b', startedAtMs: 0, nowMs: kNow, history: { kind: 'sqlite', location: '/h.db', schemaVersion: 3, runs: kAll, bytes: 811 * 2 ** 20, oldestRunAtMs: Date.UTC(2024, 2, 3), newestRunAtMs: kNow },
  writer: { pending: 0, failing: false, lastError: null }, cost: { cpuRatio: 0.003, residentBytes: 28 * 2 ** 20 }, workers: { total: 1, connected: 1 },
};

const kCounts: Partial<Record<Status, number>> = { success: 1_238, failed: 31, timeout: 6, partial: 9, cancelled: 58 };
function counted(query: URLSearchParams): Response {
  const groups = query.get('groupBy') === 'status' ? Object.entries(kCounts).map(([key, count]) => ({ ...statistics, key, runs: count })) : [];
  return Response.json({ total: statistics, groups, groupsLeftOut: 0 });
}

function held(query: URLSearchParams): Response {
  return Response.json({ baselines: (query.get('ids') ?? '').split(',').map((runId, at) => {
    const few = at % 6 === 3;
    const deltaRatio = ((at * 7) % 11) / 100 - 0.04;
    return { runId, verdict: few ? 'notEnoughData' : deltaRatio > 0.05 ? 'worse' : 'noEvidence', deltaRatio, medianMs: 47_000, lowerMs: 46_000, upperMs: 48_000, n: few ? 3 : 48, needed: few ? 2 : 0, recentMs: Array.from({ length: 12 }, (__, of) => 46_000 + ((at + of * 5) % 9) * 400), sentence: '48 runs of the same workflow, models and GPU' };
  }) });
}

const kRead: Readonly<Record<string, unknown>> = { '/health': health, '/statistics': counted, '/baselines': held, '/filter-presets': { presets: [{ name: 'Failed, week', query: 'from=-7d&status=failed', createdAtMs: kNow }] }, '/export/formats': { formats: [] } };
const page = (shown: readonly RunSummary[], total = shown.length) => ({ runs: shown, nextCursor: null, total });
const kRefusal = () => Response.json({ title: 'Bad Request', status: 400, detail: 'unknown status "faild"', field: 'status', mend: 'one of: success, failed, timeout' }, { status: 400 });
const kNothing = { '/statistics': { total: noStatistics, groups: [], groupsLeftOut: 0 } };

function Whole({ answers, at = '/runs', live = liveOf() }: { answers: Answers; at?: string; live?: Partial<LiveState> }) {
  return <div className="gal-view"><Stage answers={answers} live={live}><AddressScope value={at}><Frameless value><RunsView /></Frameless></AddressScope></Stage></div>;
}

/** The whole view: how its parts stand together is a state too. */
export function RunsParts() {
  return (
    <Part name="Runs: the whole view" min={900}>
      <State name="ready" wide><Whole answers={{ ...kRead, '/runs': page(runs) }} /></State>
      <State name="too much: a million runs, of which those in sight are read" wide><Whole answers={{ ...kRead, '/runs': page(runs, kAll) }} /></State>
      <State name="filtered" wide><Whole at="/runs?status=failed,timeout&gpu=RTX%204090&durationMinMs=10000" answers={{ ...kRead, '/runs': page(runs.filter((run) => run.status === 'failed' || run.status === 'timeout')) }} /></State>
      <State name="loading" wide><Whole answers="never" /></State>
      <State name="empty: no run yet" wide><Whole answers={{ ...kRead, ...kNothing, '/health': { ...health, history: { ...health.history, runs: 0, oldestRunAtMs: null, newestRunAtMs: null } }, '/runs': page([]) }} /></State>
      <State name="no run matches" wide><Whole at="/runs?text=lighthouze" answers={{ ...kRead, ...kNothing, '/runs': page([]) }} /></State>
      <State name="filter not understood" wide><Whole at="/runs?status=faild" answers={{ ...kRead, '/runs': kRefusal, '/statistics': kRefusal }} /></State>
      <State name="error: the history was not read" wide><Whole answers="refused" /></State>
      <State name="disconnected" wide><Whole answers={{ ...kRead, '/runs': page(runs.slice(0, 12)) }} live={liveOf({}, kLost)} /></State>
    </Part>
  );
}
