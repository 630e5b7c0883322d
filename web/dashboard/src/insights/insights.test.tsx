import type { Alert, Deviation, Recommendation } from '@comfytrace/client';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { failedRun, health, hello, openPage, snapshot } from '../test-kit.tsx';
import { thresholdText, unitOfName } from './rules-dialog.tsx';
import { confidenceText, titleOf } from '../telemetry/message-title.ts';
import { deviationFinding, evidenceName, sectionsOf, shelfCount } from './findings.ts';

const recommendation = (more: Partial<Recommendation> = {}): Recommendation => ({
  id: '1', rule: 'vramLeak', cause: 'c', severity: 'warning', message: 'Memory held after a run on atlas grows by 0.26 GiB a run: it runs out in about 19 runs.', suggestedAction: 'Free memory between takes.', evidenceRunIds: ['r1'], confidence: 0.92, state: 'open', deferredUntilMs: null, createdAtMs: 1_000, ...more,
});
const alert = (more: Partial<Alert> = {}): Alert => ({
  id: 'a', rule: 'workerDown', severity: 'critical', subject: 's', message: 'cinder has not been reachable for 6 minutes: connection refused', runId: null, workerId: 'w', evidence: { disconnectedMs: 360_000 }, raisedAtMs: Date.now() - 360_000, clearedAtMs: null, acknowledgedAtMs: null, toldAtMs: null, heldBack: false, ...more,
});
const deviation = (more: Partial<Deviation> = {}): Deviation => ({
  subject: 'nodeClass', runId: 'r1', createdAtMs: 5, workflow: 'Portraits', sceneId: '', classType: 'VAEDecode', metric: 'durationMs', verdict: 'worse', value: 81_000, baselineMedian: 47_000, ratio: 1.72, pValue: 0.0002, n: 48, level: 'warmth', inARow: 3, persistent: true, runIds: ['r1'], sentence: 'VAEDecode in Portraits: 72 % slower', ...more,
});

describe('findings', () => {
  it('part a message after its first clause, not within a number', () => {
    expect(titleOf('Grows by 0.26 GiB a run: it runs out.')).toEqual(['Grows by 0.26 GiB a run', 'It runs out.']);
    expect(titleOf('127.0.0.1:1 (http://127.0.0.1:1) has not been reachable: refused')[0]).toBe('127.0.0.1:1 (http://127.0.0.1:1) has not been reachable');
    expect(titleOf('All is said.')).toEqual(['All is said', '']);
    expect(titleOf('Portraits: 15 % slower since 11 Nov; nothing that is recorded changed there')).toEqual(['Portraits: 15 % slower since 11 Nov', 'Nothing that is recorded changed there']);
    expect(confidenceText(0.999)).toBe('above 99\u00a0%');
  });
  it('lie on the shelf of their state; deviations are no task and are not counted', () => {
    const found = { alerts: [alert(), alert({ id: 'b', clearedAtMs: 9 })], recommendations: [recommendation(), recommendation({ id: '2', state: 'dismissed' }), recommendation({ id: '3', state: 'resolved' })], deviations: [deviation()] };
    const keys = (shelf: Parameters<typeof sectionsOf>[0]) => sectionsOf(shelf, found).flatMap((section) => section.findings.map((finding) => finding.key));
    expect(keys('open')).toEqual(['a-a', 'r-1', 'd-r1.nodeClass.VAEDecode.durationMs']);
    expect(keys('past')).toEqual(['a-b', 'r-3']);
    expect(keys('dismissed')).toEqual(['r-2']);
    expect(keys('deferred')).toEqual([]);
    expect(shelfCount('open', found.alerts, found.recommendations)).toBe(2);
    expect(shelfCount('past', found.alerts, found.recommendations)).toBe(2);
  });
  it('and thresholds of rules are written with their unit', () => {
    expect(thresholdText(0.1, 'rate')).toMatch(/^10.%$/);
    expect(thresholdText(2 ** 29, unitOfName('min_free_bytes'))).toMatch(/^512.MiB$/);
    expect(thresholdText(60, unitOfName('after_s'))).toMatch(/^1m.00s$/);
    expect(thresholdText(3, 'runs')).toMatch(/^3.runs$/);
    expect(thresholdText(1.25, unitOfName('min_ratio'))).toBe('1.25');
  });
  it('give their evidence with unit and n', () => {
    expect(evidenceName('disconnectedMs')).toEqual({ words: 'disconnected', unit: 'ms' });
    expect(evidenceName('vramFreeBytes')).toEqual({ words: 'vram free', unit: 'bytes' });
    expect(deviationFinding(deviation()).note).toBe('deviation, p below 0.001, n 48, 3 in a row');
  });
});

const score = { level: 0.8, n: 100, inside: 78, sooner: 12, later: 10, coverageRate: 0.78, coverageInterval: { low: 0.69, high: 0.85, level: 0.95 }, sentence: 'measured: 78 of 100 inside' };
const rules = [{ rule: 'vramLeak', meaning: 'The VRAM that is free before a run falls.', thresholds: [{ name: 'minRuns', value: 8, min: 6, max: 1000, unit: 'runs', meaning: 'Fewer say nothing' }] }];
const answers = {
  '/health': health, '/recommendations': { recommendations: [recommendation(), recommendation({ id: '2', state: 'dismissed', message: 'Old news' })], rules }, '/alerts': { alerts: [alert()] }, '/eta': { runs: [], queues: [], score },
  '/deviations': { deviations: [deviation()], runs: 50, runsWithoutBaseline: 4, tests: 300, sentence: '1 deviation in 50 runs' }, '/runs/r1': failedRun(), '/baselines': { baselines: [] },
  '/alert-rules': { rules: [{ name: 'workerDown', sentence: 'A worker is not reachable.', severity: 'critical', enabled: true, thresholds: [{ name: 'after_s', value: 300, default: 60, least: 1, most: 9_000, sentence: 'after so many seconds' }] }] },
};

function open(path = '/insights', more: Record<string, unknown> = {}) {
  const opened = openPage(path, { ...answers, ...more });
  opened.say(hello());
  opened.say(snapshot());
  return opened;
}
const chosen = () => screen.getByRole('region', { name: 'What it rests on' });

describe('the view of insights', () => {
  it('shows what is open, counted in the rail with the alert that it has', async () => {
    open();
    await screen.findAllByText('cinder has not been reachable for 6 minutes');
    const rail = screen.getByRole('navigation', { name: 'Views' });
    const count = within(rail).getByRole('link', { name: /Insights, ?2 ?open/ }).querySelector('em')!;
    expect(count.className).toBe('bad');
    expect(screen.getByText('2 open, 0 deferred, 1 done')).toBeTruthy();
    expect(screen.getByText('1 deviation in 50 runs')).toBeTruthy();
  });

  it('shows of a suggestion confidence, rule with thresholds, and the runs that it rests on', async () => {
    open('/insights?id=r-1');
    await within(await screen.findByRole('region', { name: 'What it rests on' })).findByText('Casting, red coat');
    const text = chosen().textContent!;
    expect(text).toMatch(/Confidencehigh92.%, from the data/);
    expect(text).toMatch(/Rests on1.run/);
    expect(text).toContain('min runs 8');
    expect(text).toContain('The VRAM that is free before a run falls.');
    expect(within(chosen()).getByRole('link', { name: 'Casting, red coat' }).getAttribute('href')).toBe('/runs/r1');
  });

  it('dismisses at once, and takes it back by Undo', async () => {
    const { asked } = open('/insights?id=r-1', { 'POST /recommendations/1:dismiss': recommendation({ state: 'dismissed' }), 'POST /recommendations/1:reopen': recommendation() });
    fireEvent.click(await screen.findByRole('button', { name: 'Dismiss' }));
    fireEvent.click(await screen.findByRole('button', { name: 'Undo' }));
    await waitFor(() => expect(asked.filter((each) => each.method === 'POST').map((each) => each.path)).toEqual(['/recommendations/1:dismiss', '/recommendations/1:reopen']));
    await screen.findByRole('radio', { name: /Open ?2/ });
  });

  it('says why when the server takes a deed back', async () => {
    open('/insights?id=r-1', { 'POST /recommendations/1:apply': Response.json({ detail: 'it is resolved' }, { status: 409 }) });
    fireEvent.click(await screen.findByRole('button', { name: 'I did this' }));
    await screen.findByText('Taken back: it is resolved');
    expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
  });

  it('defers until a time that one chooses', async () => {
    const { asked } = open('/insights?id=r-1', { 'POST /recommendations/1:defer': recommendation({ state: 'deferred', deferredUntilMs: Date.now() + 86_400_000 }) });
    fireEvent.click(await screen.findByRole('button', { name: 'Defer' }));
    fireEvent.click(screen.getByRole('menuitem', { name: 'Until tomorrow' }));
    await screen.findByText('Deferred.');
    const body = asked.find((each) => each.path.endsWith(':defer'))!.body as { untilMs: number };
    expect(Math.abs(body.untilMs - Date.now() - 86_400_000)).toBeLessThan(60_000);
  });

  it('acknowledges an alert, and hears from the stream that it is over', async () => {
    const { say, asked } = open('/insights?id=a-a', { 'POST /alerts/a:acknowledge': alert({ acknowledgedAtMs: 5 }) });
    fireEvent.click(await screen.findByRole('button', { name: 'Acknowledge' }));
    await waitFor(() => expect(chosen().textContent).toContain('acknowledged'));
    expect(asked.some((each) => each.path === '/alerts/a:acknowledge')).toBe(true);
    say({ type: 'update', seq: 9, serverTimeMs: Date.now(), updates: [{ kind: 'alert', alert: alert({ clearedAtMs: Date.now() }) }] });
    await waitFor(() => expect(screen.getByText('1 open, 0 deferred, 1 done')).toBeTruthy());
  });

  it('goes from one to the next by keys', async () => {
    open();
    await screen.findAllByText('cinder has not been reachable for 6 minutes');
    fireEvent.keyDown(document.body, { key: 'j' });
    expect(window.location.search).toBe('?id=r-1');
    fireEvent.keyDown(document.body, { key: 'k' });
    expect(window.location.search).toBe('?id=a-a');
  });

  it('says how often the estimates were right, or from how few', async () => {
    open();
    await screen.findByText(/78.% ended within the 80.% interval/);
    expect(screen.getByText(/95.% 69.* to 85/)).toBeTruthy();
  });

  it('makes no claim of estimates from a few', async () => {
    open('/insights', { '/eta': { runs: [], queues: [], score: { ...score, n: 4, coverageRate: 1 } } });
    await screen.findByText(/4 of 10.estimates/);
  });

  it('lists the rules as they are set, and how to set them', async () => {
    open();
    fireEvent.click(await screen.findByRole('button', { name: 'Rules' }));
    const dialog = screen.getByRole('dialog', { name: 'Rules' });
    await within(dialog).findByText('A worker is not reachable.');
    expect(dialog.textContent).toMatch(/after_s 5m.00s, set/);
    expect(dialog.textContent).toContain('[alerts.rules.workerDown]');
  });

  it('says that nothing is wrong, having looked', async () => {
    open('/insights', { '/recommendations': { recommendations: [], rules }, '/alerts': { alerts: [] }, '/deviations': { deviations: [], runs: 50, runsWithoutBaseline: 0, tests: 0, sentence: 'no deviation' } });
    await screen.findByText('Nothing to recommend');
    await screen.findByText(/1.rule and 50.runs looked at/);
  });

  it('has the place of the list while it is read, and offers to try again', async () => {
    const busy = Response.json({ detail: 'busy' }, { status: 503 });
    open('/insights', { '/recommendations': busy, '/alerts': busy });
    expect(screen.getByRole('group', { name: 'Reading what was found' })).toBeTruthy();
    await screen.findByText('busy');
    expect(screen.getByRole('button', { name: 'Retry' })).toBeTruthy();
  });

  it('lives on a server without alerts', async () => {
    open('/insights', { '/alerts': Response.json({ detail: 'no such route' }, { status: 404 }) });
    await screen.findByText('1 open, 0 deferred, 1 done');
  });
});
