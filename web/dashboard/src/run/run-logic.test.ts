import type { ApiClient, CohortEvidence, NodeComparison, NodeExecution, RunDifference, RunSummary, TimelineAttempt } from '@comfytrace/client';
import { describe, expect, it } from 'vitest';
import { failedRun, summary, timelineOf } from '../test-kit.tsx';
import { kindOf, scenesWithout, troubleOf } from './artifact-kind.ts';
import { chosenOf, placeOfQuery, placePath, sceneBeside } from './choice.ts';
import { differingFacts } from './differing-facts.ts';
import { likeChart } from './like-chart-data.ts';
import { likeSceneDurations, readLikeRuns, workFilter } from './like-runs.ts';
import { neighboursIn } from './neighbours.ts';
import { heaviestClasses, kMostRows, memoryAt, memoryCurve, nodeAt, nodeRows, shownRows, spanOf } from './node-rows.ts';
import { perfettoTrace } from './perfetto-trace.ts';
import { endSentence } from './run-claim.tsx';
import { around, fitted, isWhole, moved, whole, zoomed } from './time-window.ts';
import { kNoZoom, zoomAt } from './zoom-stage.tsx';

const node = (change: Partial<NodeExecution>): NodeExecution => ({
  nodeId: '1', displayNodeId: '1', parentNodeId: null, classType: 'KSampler', title: '', state: 'finished', startOffsetMs: 0, durationMs: 100, progressValue: null,
  progressMax: null, vramPeakBytes: null, ...change,
});
const compared = (change: Partial<NodeComparison>): NodeComparison => ({
  nodeId: '1', classType: 'KSampler', title: '', verdict: 'worse', executions: 1, durationMs: 100, baselineMedianMs: 50, deltaMs: 50, deltaRatio: 1, pValue: 0.01, n: 9, needed: 0, ...change,
});

describe('the address of a run', () => {
  it('names scene, attempt and artifact, and is read back as it was written', () => {
    const place = { sceneId: 'scene-003', attempt: 2, artifact: 0 };
    expect(placeOfQuery(placePath('r 1', place).split('?')[1]!)).toEqual(place);
    expect(placePath('r1', { sceneId: null, attempt: null, artifact: null })).toBe('/runs/r1');
  });
  it('takes what is malformed for nothing', () => {
    expect(placeOfQuery('scene=&attempt=0&artifact=-1')).toEqual({ sceneId: null, attempt: null, artifact: null });
    expect(placeOfQuery('attempt=two')).toMatchObject({ attempt: null });
  });
  it('shows what failed where nothing is named, and the last attempt of it', () => {
    const run = failedRun();
    const good = { ...run.scenes[0]!, sceneId: 's0', status: 'success' as const };
    run.scenes.unshift(good);
    run.scenes[1]!.attempts.push({ ...run.scenes[1]!.attempts[0]!, promptId: 'p2' });
    const none = { sceneId: null, attempt: null, artifact: null };
    expect(chosenOf(run, none)).toMatchObject({ scene: { sceneId: 's1' }, attempt: { promptId: 'p2' }, sceneNumber: 2, attemptNumber: 2 });
    expect(chosenOf(run, { ...none, sceneId: 's1', attempt: 1 })?.attempt.promptId).toBe('p1');
    expect(chosenOf(run, { ...none, sceneId: 's0' })?.sceneNumber).toBe(1);
    expect(chosenOf({ ...run, scenes: [] }, none)).toBeNull();
    expect(sceneBeside(run, 's1', 1)?.sceneId).toBe('s0');
    expect(sceneBeside({ ...run, scenes: [good] }, 's0', 1)).toBeNull();
  });
});

describe('the stretch of time that is shown', () => {
  it('keeps what lies at the centre in its place, and never leaves the span', () => {
    const once = zoomed(whole(1000), 1000, 2, 250);
    expect(once).toEqual({ from: 125, to: 625 });
    expect(zoomed(once, 1000, 0.1)).toEqual({ from: 0, to: 1000 });
    expect(moved(once, 1000, 5)).toEqual({ from: 500, to: 1000 });
    expect(moved(once, 1000, -5)).toEqual({ from: 0, to: 500 });
  });
  it('goes no deeper than can be told apart', () => {
    let window = whole(60_000);
    for (let at = 0; at < 60; at += 1) window = zoomed(window, 60_000, 2, 30_000);
    expect(window.to - window.from).toBe(20);
    expect(zoomed(whole(5), 5, 2)).toEqual({ from: 0, to: 5 });
  });
  it('stays where it was chosen while the span grows', () => {
    expect(fitted({ from: 100, to: 200 }, 5_000)).toEqual({ from: 100, to: 200 });
    expect(fitted(null, 5_000)).toEqual({ from: 0, to: 5_000 });
    expect(isWhole(fitted(null, 7), 7)).toBe(true);
    expect(around(400, 600, 1_000)).toEqual({ from: 350, to: 650 });
  });
});

describe('rows of the timeline', () => {
  it('hold a baseline for one execution, and none for what was cached', () => {
    const rows = nodeRows([node({}), node({ nodeId: '2', state: 'cached', durationMs: null }), node({ nodeId: '3' })], [
      compared({ executions: 2, baselineMedianMs: 120 }), compared({ nodeId: '2' }), compared({ nodeId: '3', baselineMedianMs: null }),
    ]);
    expect(rows.map((row) => row.baselineMs)).toEqual([60, null, null]);
  });
  it('fold what is short in graphs of many nodes, and never what failed or runs', () => {
    const many = Array.from({ length: 100 }, (_, at) => node({ nodeId: String(at), durationMs: at + 1 }));
    many[0] = node({ nodeId: '0', durationMs: 1, state: 'failed' });
    const { rows, folded } = shownRows(nodeRows(many, []), false);
    expect(rows.length + folded).toBe(100);
    expect(rows.length).toBeLessThanOrEqual(kMostRows);
    expect(rows[0]!.node.state).toBe('failed');
    expect(shownRows(nodeRows(many, []), true).folded).toBe(0);
  });
  it('end where the last node ends, or now while it runs', () => {
    const told: TimelineAttempt = { ...timelineOf(failedRun(), [node({ startOffsetMs: 500, durationMs: 9_000 })]).attempts[0]! };
    expect(spanOf(told, 0)).toBe(9_500);
    expect(spanOf({ ...told, finishedAtMs: null, durationMs: null, startedAtMs: 1_000 }, 21_000)).toBe(20_000);
  });
  it('tell the innermost node at a time, and the sample nearest to it', () => {
    const outer = node({ nodeId: '1', durationMs: 1_000 });
    const inner = node({ nodeId: '2', startOffsetMs: 200, durationMs: 100 });
    expect(nodeAt([outer, inner], 250)).toBe(inner);
    expect(nodeAt([outer, inner], 900)).toBe(outer);
    expect(nodeAt([outer, inner], 1_100)).toBeNull();
    const sample = { atMs: 0, deviceIndex: 0, vramFreeBytes: null, utilizationRatio: null, temperatureCelsius: null, powerWatts: null };
    const told = { ...timelineOf(failedRun()).attempts[0]!, samples: [{ ...sample, atMs: 2_100, vramUsedBytes: 5 }, { ...sample, atMs: 2_900, vramUsedBytes: 7 }, { ...sample, deviceIndex: 1, atMs: 2_500, vramUsedBytes: 99 }, { ...sample, atMs: 3_000, vramUsedBytes: null }] };
    const curve = memoryCurve(told);
    expect(curve.map((point) => [point.at, point.usedBytes, point.totalBytes])).toEqual([[100, 5, null], [900, 7, null]]);
    expect(memoryAt(curve, 600)?.usedBytes).toBe(7);
    expect(memoryAt([], 600)).toBeNull();
  });
  it('name the classes that took most', () => {
    const told = timelineOf(failedRun(), [node({ durationMs: 10 }), node({ durationMs: 20 }), node({ classType: 'VAEDecode', durationMs: 25 }), node({ classType: 'SaveImage', durationMs: 1 })]);
    const classes = heaviestClasses(told.attempts, 2);
    expect(classes.map((each) => [each.classType, each.byPromptId.get('p1')])).toEqual([['KSampler', 30], ['VAEDecode', 25]]);
  });
  it('are written for Perfetto in microseconds from the first start', () => {
    const run = failedRun();
    const trace = perfettoTrace(run, timelineOf(run, [node({ startOffsetMs: 5, durationMs: 7 }), node({ durationMs: null })]));
    expect(trace.traceEvents.filter((event) => event.ph === 'X')).toMatchObject([{ name: 'KSampler', ts: 5_000, dur: 7_000, pid: 1, tid: 1 }]);
  });
});

const cohort: CohortEvidence = { level: 'models', n: 3, needed: 0, limit: 50, heldEqual: [], notEqual: [], runIds: ['a', 'b', 'c'], fromMs: 10, toMs: 30, sentence: '' };

describe('like runs', () => {
  it('are picked out of the pages of their workflow, and what is gone is counted', async () => {
    const asked: unknown[] = [];
    const pages = [{ runs: [summary({ runId: 'x' }), summary({ runId: 'c' })], nextCursor: 'n', total: 3 }, { runs: [summary({ runId: 'a' })], nextCursor: null, total: 3 }];
    const api = { runs: async (filter: unknown, page: { cursor: string | null }) => {
      asked.push([filter, page.cursor]);
      return pages[asked.length - 1];
    } } as unknown as ApiClient;
    const found = await readLikeRuns(api, cohort, 'f00d');
    expect(found.runs.map((run) => run.runId)).toEqual(['c', 'a']);
    expect(found.missing).toBe(1);
    expect(asked).toEqual([[{ from: '10', to: '31', workflow: ['f00d'] }, null], [{ from: '10', to: '31', workflow: ['f00d'] }, 'n']]);
    expect(await readLikeRuns(api, { ...cohort, runIds: [] }, '')).toEqual({ runs: [], missing: 0 });
  });
  it('give what like scenes took, by id or by the same work, successes alone', () => {
    const run = failedRun();
    const like = (at: number, ms: number, sceneId = 's1', status: 'success' | 'failed' = 'success') => {
      const made = failedRun();
      Object.assign(made, { createdAtMs: at });
      Object.assign(made.scenes[0]!, { sceneId, status });
      made.scenes[0]!.attempts[0]!.durationMs = ms;
      return made;
    };
    expect(likeSceneDurations(run, [like(3, 30), like(1, 10, 'other'), like(2, 99, 's1', 'failed')]).get('s1')).toEqual([10, 30]);
    expect(workFilter(run)).toEqual({ workflow: ['c41d9e07'], model: ['sd_xl_base_1.0.safetensors'], to: '1001' });
  });
  it('are drawn oldest first, with the run itself last and no value where there is none', () => {
    const run = { ...failedRun(), createdAtMs: 100 };
    const runs: RunSummary[] = [summary({ runId: 'n', createdAtMs: 50, durationMs: 30 }), summary({ runId: 'o', createdAtMs: 20, durationMs: 10 }), summary({ runId: 'u', createdAtMs: 30, durationMs: null })];
    const data = likeChart(runs, run, 'durationMs', 40, 'ms');
    expect(data.series).toMatchObject({ x: [20, 50, 100], y: [10, 30, 40], runIds: ['o', 'n', 'r1'] });
    expect(data).toMatchObject({ subject: 2, segments: [{ median: 20, low: 15, high: 25 }] });
    expect(likeChart(runs, run, 'durationMs', null, 'ms').subject).toBeNull();
  });
  it('have neighbours only in a list that holds the run', () => {
    expect(neighboursIn(['a', 'b', 'c'], 'a')).toEqual({ before: null, after: 'b' });
    expect(neighboursIn(['a'], 'z')).toBeNull();
  });
});

describe('what a failed run differs in', () => {
  const difference = { environment: [{ name: 'ComfyUI version', values: ['1', '2'], mayExplain: true }], environmentEqual: ['GPU'], scenes: [{ sceneIds: ['x', 's1'], parameters: [{ name: 'seed', values: ['5', null], mayExplain: false }], equal: ['steps'] }] } as unknown as RunDifference;
  it('puts what may explain it first, and memory that was taken before it began', () => {
    const run = failedRun();
    const like = failedRun();
    run.scenes[0]!.exitReason = 'outOfMemory';
    run.scenes[0]!.attempts[0]!.vramFreeBeforeBytes = 20 * 2 ** 30;
    like.scenes[0]!.attempts[0]!.vramFreeBeforeBytes = 23 * 2 ** 30;
    const { facts, equal } = differingFacts(difference, like, run, 's1');
    expect(facts.map((fact) => [fact.name, fact.mayExplain])).toEqual([['VRAM free before', true], ['ComfyUI version', true], ['seed', false]]);
    expect(facts[2]).toMatchObject({ like: '5', mine: 'not known' });
    expect(equal).toEqual(['GPU', 'steps']);
    like.scenes[0]!.attempts[0]!.vramFreeBeforeBytes = 20.1 * 2 ** 30;
    expect(differingFacts(difference, like, run, 's1').facts.map((fact) => fact.name)).toEqual(['ComfyUI version', 'seed']);
  });
  it('is said in one sentence', () => {
    const run = failedRun();
    expect(endSentence(run).replace(/\u00a0/g, ' ')).toBe('Failed in ProbeRaise after 8.3 s');
    run.scenes.unshift({ ...run.scenes[0]!, sceneId: 's0', status: 'success' });
    run.scenes[1]!.attempts.push(run.scenes[1]!.attempts[0]!);
    expect(endSentence(run).replace(/\u00a0/g, ' ')).toBe('Scene 2 failed in ProbeRaise, twice; 1 scene is complete');
  });
});

describe('artifacts', () => {
  it('are films where the name says so, whatever ComfyUI lists them as', () => {
    expect(kindOf({ kind: 'image', filename: 'a.MP4' })).toBe('video');
    expect(kindOf({ kind: 'image', filename: 'a.png' })).toBe('image');
    expect(kindOf({ kind: 'other', filename: 'a.flac' })).toBe('audio');
  });
  it('are missed of a scene that ended without one, not of one that runs', () => {
    const run = failedRun();
    expect(scenesWithout(run)).toMatchObject([{ sceneId: 's1', number: 1, attempts: 1 }]);
    run.scenes[0]!.status = 'executing';
    expect(scenesWithout(run)).toEqual([]);
  });
  it('say why they are not shown', async () => {
    const answering = (status: number, body: unknown) => (async () => Response.json(body, { status })) as typeof fetch;
    expect((await troubleOf('u', answering(404, { detail: 'no such file' }))).detail).toMatch(/not the file\. \(no such file\)$/);
    expect((await troubleOf('u', answering(502, {}))).title).toBe('The worker does not answer');
    expect((await troubleOf('u', answering(200, {}))).title).toBe('The browser cannot show this file');
    expect((await troubleOf('u', (async () => Promise.reject(new TypeError())) as typeof fetch)).title).toBe('comfytrace was not reached');
  });
  it('are zoomed about the pointer, and out no further than whole', () => {
    const once = zoomAt(kNoZoom, 2, 100, 50);
    expect(once).toEqual({ scale: 2, x: -100, y: -50 });
    expect(zoomAt(once, 0.1)).toEqual(kNoZoom);
    expect(zoomAt(once, 1000).scale).toBe(16);
  });
});
