import type { Run } from '@comfytrace/client';
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { comparison, recommendation, statistics, tooFew, trend } from '../gallery/samples.ts';
import { failedRun, health, hello, openPage, page, snapshot, summary, timelineOf, worker } from '../test-kit.tsx';

const plain = (text: string | null | undefined) => (text ?? '').replace(/[\u00a0\u202f]/g, ' ');
const node = { parentNodeId: null, title: '', progressValue: null, progressMax: null, vramPeakBytes: null, state: 'finished' as const };

function goodRun(change: Partial<Run> = {}): Run {
  const run = failedRun();
  Object.assign(run, { status: 'success', exitReason: 'success', ...change });
  for (const scene of run.scenes) {
    Object.assign(scene, { status: 'success', exitReason: 'success' });
    Object.assign(scene.attempts[0]!, { status: 'success', exitReason: 'success', failure: null });
  }
  return run;
}

function twoScenes(): Run {
  const run = goodRun({ title: 'The Lighthouse Keeper' });
  const first = run.scenes[0]!;
  Object.assign(first, { title: 'The harbour at dusk' });
  run.scenes.push({ ...first, sceneId: 's2', title: 'Trimming the lamp', attempts: [{ ...first.attempts[0]!, promptId: 'p2' }, { ...first.attempts[0]!, promptId: 'p3', vramPeakBytes: 5 * 2 ** 30 }] });
  run.artifacts = ['s1', 's2'].map((sceneId, index) => ({ index, sceneId, promptId: 'p1', url: `/api/v1/runs/r1/artifacts/${index}`, nodeId: '9', filename: `still_${index}.png`, subfolder: '', type: 'output', kind: 'image' as const, text: null, cached: false }));
  run.artifacts.push({ ...run.artifacts[0]!, index: 2, filename: '', kind: 'text', text: 'a quiet harbour' });
  return run;
}

function answers(run: Run, more: Record<string, unknown> = {}) {
  return {
    '/health': health, '/workers': { workers: [worker()] }, '/recommendations': { recommendations: [] }, '/runs/r1': run, '/runs/r1/timeline': timelineOf(run), '/runs/r1/comparison': { ...comparison, runId: 'r1' },
    '/runs': page([]), '/statistics': { total: statistics, groups: [], groupsLeftOut: 0 }, '/trends': trend, '/eta': { runs: [], queues: [], score: { n: 100, inside: 78, sentence: 'measured: 78 of 100 inside' } }, ...more,
  };
}

describe('the claim of a run', () => {
  it('is the sentence with interval, n and what was held equal', async () => {
    const { container } = openPage('/runs/r1', answers(goodRun()));
    await waitFor(() => expect(container.querySelector('.run-claim[data-state=ready]')).toBeTruthy());
    const claim = plain(container.querySelector('.run-claim')!.textContent);
    expect(claim).toContain(plain(comparison.sentence));
    expect(claim).toMatch(/95 % .+ n \d+/);
    expect(claim).toContain('Held equal:');
  });
  it('says how many runs are missing instead of guessing', async () => {
    const { container } = openPage('/runs/r1', answers(goodRun(), { '/runs/r1/comparison': { ...tooFew, runId: 'r1' } }));
    await waitFor(() => expect(container.querySelector('.run-claim [data-verdict=notEnoughData]')).toBeTruthy());
    expect(plain(container.querySelector('.run-claim')!.textContent)).toMatch(/\d of \d runs/);
    expect(plain((await screen.findByRole('region', { name: 'Against like runs' })).textContent)).toMatch(/Not enough data/);
  });
  it('keeps its place while it is asked for, and offers to ask again when it failed', async () => {
    const { container } = openPage('/runs/r1', answers(goodRun(), { '/runs/r1/comparison': Response.json({ detail: 'the history does not answer' }, { status: 503 }) }));
    await waitFor(() => expect(container.querySelector('.run-claim[data-state=error]')).toBeTruthy());
    const claim = container.querySelector<HTMLElement>('.run-claim')!;
    expect(within(claim).getByText('the history does not answer')).toBeTruthy();
    expect(within(claim).getByRole('button', { name: 'Retry' })).toBeTruthy();
    expect(screen.getByRole('region', { name: 'Artifacts' })).toBeTruthy();
  });
});

describe('faults that were there before', () => {
  it('5: a run asks for its history, its comparison and its suggestions by itself, and shows each', async () => {
    const { asked } = openPage('/runs/r1', answers(goodRun(), { '/recommendations': { recommendations: [{ ...recommendation, evidenceRunIds: ['r1'] }] } }));
    expect(plain((await screen.findByRole('region', { name: 'HistoricalTelemetryCard' })).textContent)).toContain('History');
    await waitFor(() => expect(plain(screen.getByRole('region', { name: 'HistoricalTelemetryCard' }).textContent)).toMatch(/Success rate9\d/));
    await waitFor(() => expect(asked.map((each) => each.path.split('?')[0])).toEqual(expect.arrayContaining(['/runs/r1/comparison', '/statistics', '/trends', '/recommendations'])));
    await screen.findByRole('article', { name: /warning|critical|suggestion/ });
  });
  it('5: what a failed run took is held against nothing', async () => {
    openPage('/runs/r1', answers(Object.assign(failedRun(), { durationMs: 3_000 }), { '/runs/r1/comparison': { ...comparison, runId: 'r1', cohort: { ...comparison.cohort, runIds: ['r0'] } }, '/runs': page([summary({ runId: 'r0' })]) }));
    const card = await screen.findByRole('region', { name: 'HistoricalTelemetryCard' });
    await waitFor(() => expect(card.querySelector('.recent')).toBeTruthy());
    const own = plain(card.querySelector('.recent li')!.textContent);
    expect(own).toMatch(/^failedthis run3\.0 s/);
    expect(own).not.toMatch(/%/);
  });
  it('8: says why a run failed before anything that it is held against', async () => {
    openPage('/runs/r1', answers(failedRun(), { '/runs/r1/comparison': { ...tooFew, runId: 'r1' } }));
    const never = await screen.findByText('Nothing to hold it against');
    const why = screen.getByRole('region', { name: /^Error:/ });
    expect(why.compareDocumentPosition(never) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
    expect(plain(why.textContent)).toContain(failedRun().scenes[0]!.attempts[0]!.failure!.message.split('\n')[0]);
    expect(plain(document.querySelector('.run-claim')!.textContent)).not.toContain('Not compared');
  });
});

describe('scenes, attempts and artifacts', () => {
  it('are what the address names', async () => {
    const { container } = openPage('/runs/r1?scene=s2&attempt=1', answers(twoScenes()));
    await waitFor(() => expect(container.querySelector('.sct tr.cur')?.textContent).toContain('Trimming the lamp'));
    expect(screen.getByRole('button', { name: 'Attempt 1, success' }).getAttribute('aria-pressed')).toBe('true');
    fireEvent.click(screen.getByRole('button', { name: 'Attempt 2, success' }));
    expect(window.location.search).toBe('?scene=s2&attempt=2');
    fireEvent.keyDown(window, { key: ']' });
    await waitFor(() => expect(window.location.search).toBe('?scene=s1'));
  });
  it('open in the lightbox by Space, and there are gone through by keys', async () => {
    openPage('/runs/r1', answers(twoScenes()));
    const box = (name: string) => waitFor(() => {
      const dialog = document.querySelector<HTMLElement>(`dialog[aria-label^="${name}"]`);
      expect(dialog).toBeTruthy();
      return dialog!;
    });
    await waitFor(() => expect(document.querySelectorAll('.tile')).toHaveLength(3));
    fireEvent.keyDown(window, { key: ' ' });
    await box('Artifact 1 of 3: still_0.png');
    fireEvent.keyDown(window, { key: 'ArrowRight' });
    await box('Artifact 2 of 3: still_1.png');
    expect(window.location.search).toContain('artifact=1');
    fireEvent.keyDown(window, { key: 'End' });
    const last = await box('Artifact 3 of 3');
    expect(last.querySelector('.big-text')?.textContent).toBe('a quiet harbour');
    fireEvent.click(last.querySelector('[aria-label=Close]')!);
    await waitFor(() => expect(document.querySelector('dialog')).toBeNull());
  });
  it('say of a file that is gone why, and ask again', async () => {
    const { container } = openPage('/runs/r1?artifact=0', answers(twoScenes()));
    const box = await screen.findByRole('dialog');
    fireEvent.error(box.querySelector('img')!);
    await within(box).findByText(/comfytrace was not reached|The file is gone/);
    fireEvent.click(within(box).getByRole('button', { name: 'Try again' }));
    expect(box.querySelector('img')).toBeTruthy();
    expect(container.querySelectorAll('.tile')).toHaveLength(3);
  });
  it('are fewer with warnings only: what was tried twice stays', async () => {
    const { container } = openPage('/runs/r1', answers(twoScenes(), { '/runs/r1/comparison': { ...tooFew, runId: 'r1', scenes: [] } }));
    await screen.findByRole('region', { name: 'Scenes' });
    fireEvent.click(screen.getByRole('switch', { name: 'Only with warnings' }));
    expect([...container.querySelectorAll('.sct tbody tr')].map((row) => row.querySelector('.m')?.textContent)).toEqual(['Trimming the lamp']);
    expect(plain(container.querySelector('.sct .sc-change')?.textContent)).toBe('Change');
    expect(plain(container.querySelector('.sct tbody .sc-change')?.textContent)).toBe('no sample');
  });
});

describe('the timeline', () => {
  const told = (run: Run) => timelineOf(run, [
    { ...node, nodeId: '1', displayNodeId: '1', classType: 'KSampler', startOffsetMs: 0, durationMs: 6_000 },
    { ...node, nodeId: '2', displayNodeId: '2', classType: 'VAEDecode', startOffsetMs: 6_000, durationMs: 2_000 },
  ]);
  const against = { ...comparison, runId: 'r1', nodes: [{ nodeId: '2', classType: 'VAEDecode', title: '', verdict: 'worse', executions: 1, durationMs: 2_000, baselineMedianMs: 1_000, deltaMs: 1_000, deltaRatio: 1, pValue: 0.01, n: 9, needed: 0 }] };
  it('marks what like runs took under the bar and the node that is slower', async () => {
    const run = goodRun();
    const { container } = openPage('/runs/r1', answers(run, { '/runs/r1/timeline': told(run), '/runs/r1/comparison': against }));
    await waitFor(() => expect(container.querySelectorAll('.bar .bl')).toHaveLength(1));
    expect(plain(container.querySelectorAll('.bar')[1]!.textContent)).toBe('2.0 s+100 %');
  });
  it('is zoomed by w and s, moved by a and d, and read by arrows', async () => {
    const run = goodRun();
    const { container } = openPage('/runs/r1', answers(run, { '/runs/r1/timeline': told(run), '/runs/r1/comparison': against }));
    await waitFor(() => expect(container.querySelectorAll('.bar')).toHaveLength(2));
    const out = () => container.querySelector<HTMLButtonElement>('[aria-label="Zoom out"]')!;
    expect(out().disabled).toBe(true);
    fireEvent.keyDown(window, { key: 'w' });
    expect(out().disabled).toBe(false);
    fireEvent.keyDown(window, { key: 's' });
    expect(out().disabled).toBe(true);
    const plot = container.querySelector('.plot')!;
    fireEvent.keyDown(plot, { key: 'ArrowDown' });
    fireEvent.keyDown(plot, { key: 'ArrowDown' });
    expect(plain(container.querySelector('.tip')?.textContent)).toContain('like runs 1.0 s: +100 %, worse, n 9');
    fireEvent.keyDown(plot, { key: 'Enter' });
    expect(out().disabled).toBe(false);
    fireEvent.keyDown(plot, { key: 'Escape' });
    expect(out().disabled).toBe(true);
    expect(container.querySelector('.tip')).toBeNull();
  });
});

describe('around the run', () => {
  it('shows the suggestions whose evidence names it, and no others', async () => {
    openPage('/runs/r1', answers(goodRun(), { '/recommendations': { recommendations: [{ ...recommendation, id: 'mine', message: 'Decode tiled. It pays.', evidenceRunIds: ['r1'] }, { ...recommendation, id: 'other', message: 'Not of this run.', evidenceRunIds: ['r9'] }] } }));
    const panel = await screen.findByRole('region', { name: 'Recommendations' });
    await within(panel).findByText('Decode tiled');
    expect(within(panel).queryByText(/Not of this run/)).toBeNull();
  });
  it('goes to the next run by j, next to it in time where no list is known', async () => {
    openPage('/runs/r1', answers(goodRun(), { '/runs': page([summary({ runId: 'r1' }), summary({ runId: 'r7' })]) }));
    await waitFor(() => expect(document.querySelector('[aria-label="Next run"]')).toBeTruthy());
    fireEvent.keyDown(window, { key: 'j' });
    await waitFor(() => expect(window.location.pathname).toBe('/runs/r7'));
  });
  it('tells of a failed run what differs from the last like success', async () => {
    const run = failedRun();
    const like = goodRun();
    openPage('/runs/r1', answers(run, {
      '/runs/r1/comparison': { ...comparison, runId: 'r1', cohort: { ...comparison.cohort, runIds: ['r0'] } }, '/runs/r0': { ...like, runId: 'r0' },
      '/compare': { environment: [{ name: 'ComfyUI version', values: ['0.3.60', '0.3.64'], mayExplain: true }], environmentEqual: ['GPU'], scenes: [{ sceneIds: ['s1', 's1'], parameters: [], equal: ['steps'] }] },
    }));
    const panel = await screen.findByRole('region', { name: 'What differs' });
    await within(panel).findByText('0.3.64');
    expect(within(panel).getByText('may explain it')).toBeTruthy();
    expect(plain(panel.textContent)).toContain('2 things equal: GPU, steps');
  });
  it('has nothing to hold a failed run against where none succeeded', async () => {
    openPage('/runs/r1', answers(failedRun(), { '/runs/r1/comparison': { ...tooFew, runId: 'r1' } }));
    await screen.findByText('Nothing to hold it against');
  });
  it('follows a run that executes, in place, and tells when it will be done', async () => {
    const run = goodRun();
    Object.assign(run, { status: 'executing', exitReason: null, finishedAtMs: null, durationMs: null });
    Object.assign(run.scenes[0]!, { status: 'executing' });
    const { say, asked } = openPage('/runs/r1', answers(run));
    await screen.findByText(/The live stream does not tell of it/);
    const scene = { kind: 'scene', runId: 'r1', sceneId: 's1', promptId: 'p1', workerId: 'w', runTitle: '', sceneTitle: '', status: 'executing', exitReason: null, attempts: 1, timestamp: Date.now(), duration: null, elapsedMs: null, queuedAtMs: null, startedAtMs: Date.now(), finishedAtMs: null, queueNumber: 0, nodeCount: 5, nodesDone: 2, nodeTimesKnown: true, node: null, progress: 0.4, gpuVramFree: null, gpuUtilization: null, eta: 120_000, etaLow: 110_000, etaHigh: 140_000, etaScenes: 42 };
    say(hello());
    say(snapshot({ scenes: [scene] }));
    await screen.findByText(/about/);
    expect(plain(document.querySelector('.run-claim')!.textContent)).toMatch(/about (2m 00s|1m 59s) left 80 % .+, from 42 like scenes, measured: 78 of 100 inside/);
    expect(asked.some((each) => each.path.includes('/comparison'))).toBe(false);
    const before = asked.filter((each) => each.path === '/runs/r1').length;
    say({ type: 'update', seq: 2, serverTimeMs: Date.now(), updates: [{ ...scene, nodesDone: 3 }] });
    await act(() => new Promise((resolve) => setTimeout(resolve, 600)));
    expect(asked.filter((each) => each.path === '/runs/r1').length).toBeGreaterThan(before);
  });
});
