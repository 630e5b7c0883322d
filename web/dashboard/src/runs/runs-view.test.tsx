import type { GroupStatistics, RunSummary } from '@comfytrace/client';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { forgetPrefs } from '../prefs.ts';
import { health, hello, openPage, page, snapshot, summary, worker } from '../test-kit.tsx';

const none = { n: 0, min: null, mean: null, median: null, p90: null, p95: null, p99: null, max: null, standardDeviation: null, sum: 0, exact: true };
const group = (key: string, runs: number, change: Partial<GroupStatistics> = {}): GroupStatistics => ({
  key, fromMs: null, runs, runsOpen: 0, runsSucceeded: runs, runsPartial: 0, runsFailed: 0, runsTimedOut: 0, runsCancelled: 0, successRate: 1, scenes: runs, scenesSucceeded: runs, attempts: runs, attemptsOutOfMemory: 0, attemptsTimedOut: 0,
  fallbacks: 0, frames: 0, executions: 0, durationMs: none, queueWaitMs: none, vramPeakBytes: none, ...change,
});
const statistics = (query: URLSearchParams) => {
  const by = query.get('groupBy');
  const groups = { status: [group('success', 12), group('failed', 3)], workflow: [group('Portrait studio v5', 15)] }[by ?? ''] ?? [];
  return { total: group('', 15, { successRate: 0.8, runsSucceeded: 12, runsFailed: 3 }), groups, groupsLeftOut: 0 };
};
const baselines = (query: URLSearchParams) => ({
  baselines: (query.get('ids') ?? '').split(',').map((runId) => ({ runId, verdict: runId === 'few' ? 'notEnoughData' : 'worse', deltaRatio: 0.21, medianMs: 40_000, lowerMs: 39_000, upperMs: 41_000, n: runId === 'few' ? 3 : 48, needed: runId === 'few' ? 2 : 0, recentMs: [40_000, 41_000, 39_500, 40_200, 40_100], sentence: '48 runs of the same workflow' })),
});
const base = { '/health': health, '/statistics': statistics, '/baselines': baselines, '/filter-presets': { presets: [{ name: 'Failed, week', query: 'from=-7d&status=failed', createdAtMs: 0 }] } };
const three = [summary(), summary({ runId: 'r2', title: 'Tide test', status: 'failed', exitReason: 'outOfMemory', durationMs: null }), summary({ runId: 'few', title: 'Hands study' })];
const rows = () => within(screen.getByRole('grid')).getAllByRole('row').slice(1);
const press = (key: string, more = {}) => fireEvent.keyDown(document.body, { key, ...more });

beforeEach(() => {
  window.localStorage.clear();
  forgetPrefs();
});

function open(path = '/runs', answers: Record<string, unknown> = {}, runs: RunSummary[] = three) {
  const opened = openPage(path, { ...base, '/runs': page(runs, runs.length), ...answers });
  opened.say(hello());
  opened.say(snapshot({ workers: [worker()] }));
  return opened;
}

describe('the list of runs', () => {
  it('holds each run against those like it, and says of others why there is nothing to hold', async () => {
    open();
    await screen.findByText('Tide test');
    await waitFor(() => expect(rows()[0]!.textContent).toMatch(/\+21.%, worse/));
    expect(rows()[0]!.querySelector('svg[role=img]')!.getAttribute('aria-label')).toMatch(/Last 5 like runs, median 40.s; this one 48.s/);
    expect(rows()[1]!.textContent).toMatch(/failed.*out of memory.*no sample/);
    expect(rows()[2]!.textContent).toMatch(/3 of 5.runs.*not enough/);
  });

  it('asks for all rows in sight at once', async () => {
    const { asked } = open();
    await waitFor(() => expect(asked.filter((each) => each.path.startsWith('/baselines')).map((each) => each.path)).toEqual(['/baselines?ids=r1,few']));
  });

  it('says how many match of how many, and counts the criteria', async () => {
    open();
    await screen.findByText('Tide test');
    await waitFor(() => expect(screen.getByText(/showing/).textContent).toMatch(/showing 3 of 1.003.441 in \d+.ms/));
    const panel = screen.getByRole('region', { name: 'TelemetryFilterPanel' });
    await waitFor(() => expect(within(within(panel).getByRole('group', { name: 'Status' })).getByText('12')).toBeTruthy());
  });

  it('says of a list that nothing restricts that it is all there is, before the size of the history is known', async () => {
    open('/runs', { '/health': undefined });
    await screen.findByText('Tide test');
    expect(screen.getByText(/showing/).textContent).toMatch(/showing 3 of 3 in/);
  });

  it('claims no size of the history for a list that is restricted', async () => {
    open('/runs?status=success', { '/health': undefined });
    await screen.findByText('Tide test');
    expect(screen.getByText(/showing/).textContent).toMatch(/showing 3 in/);
  });

  it('asks the server with the filter that the address names, and lets it go', async () => {
    const { asked } = open('/runs?text=red%20coat&status=failed,partial', {}, []);
    await screen.findByText('No run matches');
    expect(asked.find((each) => each.path.startsWith('/runs?'))?.path).toBe('/runs?status=failed%2Cpartial&text=red+coat&limit=100');
    fireEvent.click(screen.getByRole('button', { name: 'Reset filter' }));
    expect(window.location.search).toBe('');
  });

  it('orders by what a click on a head says, in the address too', async () => {
    const { asked } = open();
    await screen.findByText('Tide test');
    fireEvent.click(screen.getByRole('button', { name: /Duration/ }));
    expect(window.location.search).toBe('?sort=longest');
    await waitFor(() => expect(asked.some((each) => each.path.startsWith('/runs?sort=longest'))).toBe(true));
    fireEvent.click(screen.getByRole('button', { name: /Duration/ }));
    expect(window.location.search).toBe('?sort=shortest');
  });

  it('comes back to the row that the address names, and names there where it came to rest', async () => {
    const many = (query: URLSearchParams) => {
      const from = Number(query.get('cursor') ?? query.get('offset') ?? 0);
      const to = Math.min(900_000, from + Number(query.get('limit')));
      return { ...page(Array.from({ length: to - from }, (_, at) => summary({ runId: `r${from + at}`, title: `Run ${from + at}` })), 900_000), nextCursor: to < 900_000 ? String(to) : null };
    };
    const { asked } = open('/runs?status=success&at=600000', { '/runs': many });
    await screen.findByText('Run 600000');
    expect(asked.find((each) => each.path.startsWith('/runs?'))?.path).toBe('/runs?status=success&limit=100&offset=599975');
    fireEvent.keyDown(document.body, { key: 'Home' });
    await screen.findByText('Run 0');
    await waitFor(() => expect(window.location.search).toBe('?status=success'));
    fireEvent.keyDown(document.body, { key: 'End' });
    await screen.findByText('Run 899999');
    await waitFor(() => expect(window.location.search).toMatch(/^\?status=success&at=8999\d\d$/));
  });

  it('opens a link that names a preset as its criteria', async () => {
    const { asked } = open('/runs?preset=Failed%2C%20week');
    await waitFor(() => expect(window.location.search).toBe('?from=-7d&status=failed'));
    await screen.findByText('Tide test');
    expect(asked.filter((each) => each.path.startsWith('/runs?')).at(-1)!.path).toContain('status=failed');
  });

  it('says that there is no such preset', async () => {
    open('/runs?preset=nope');
    await screen.findByText('There is no preset "nope"');
  });

  it('puts new runs in as they come and lets deleted ones go', async () => {
    const { say } = open('/runs', {}, [summary({ createdAtMs: 1_000 })]);
    await screen.findByText('Casting, red coat');
    say({ type: 'update', seq: 5, serverTimeMs: Date.now(), updates: [
      { kind: 'run', run: summary({ runId: 'r9', title: 'Brand new', createdAtMs: 2_000 }) }, { kind: 'run', run: summary({ runId: 'r8', title: 'Found later', createdAtMs: 500 }) },
    ] });
    await waitFor(() => expect(rows().map((row) => /Brand new|Casting|Found later/.exec(row.textContent!)?.[0])).toEqual(['Brand new', 'Casting', 'Found later']));
    say({ type: 'update', seq: 6, serverTimeMs: Date.now(), updates: [{ kind: 'runDeleted', runId: 'r1' }] });
    await waitFor(() => expect(screen.queryByText('Casting, red coat')).toBeNull());
  });

  it('hides and shows columns, and remembers it', async () => {
    open();
    await screen.findByText('Tide test');
    fireEvent.click(screen.getByRole('button', { name: 'Choose columns' }));
    fireEvent.click(screen.getByRole('menuitemcheckbox', { name: 'Workflow' }));
    expect(screen.queryByRole('columnheader', { name: 'Workflow' })).toBeNull();
    expect(JSON.parse(window.localStorage.getItem('comfytrace.runColumns')!)).not.toContain('workflow');
  });
});

describe('the states of the list', () => {
  it('repeats what the server did not understand and how to mend it', async () => {
    const problem = Response.json({ status: 400, title: 'Bad Request', detail: 'unknown word in from: "yesterdy"', field: 'from', mend: 'a date or -7d' }, { status: 400 });
    open('/runs?from=yesterdy', { '/runs': problem });
    await screen.findByText('Filter not understood');
    expect(screen.getByText('unknown word in from: "yesterdy": a date or -7d')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Reset filter' }));
    expect(window.location.search).toBe('');
  });

  it('offers to try again when the history was not read', async () => {
    const busy = Response.json({ status: 503, detail: 'too many questions wait' }, { status: 503 });
    const { asked } = open('/runs', { '/runs': busy });
    await screen.findByText('The history was not read');
    const before = asked.length;
    fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(asked.length).toBe(before + 1);
  });

  it('says on the first run how far one is', async () => {
    const { say } = open('/runs', {}, []);
    await screen.findByText(/1.ComfyUI server is watched/);
    say(snapshot({ workers: [worker({ connection: { state: 'disconnected', lastError: 'connection refused' } })] }));
    expect(screen.getByText(/No ComfyUI found. Looked at http:\/\/127.0.0.1:8188: connection refused/)).toBeTruthy();
    say(snapshot());
    expect(screen.getByText(/No ComfyUI is being watched/)).toBeTruthy();
    expect(screen.getByText(/comfytrace serve --comfyui/)).toBeTruthy();
  });

  it('keeps the rows when the link is lost, and says that new ones are not seen', async () => {
    const { breakLink } = open();
    await screen.findByText('Tide test');
    breakLink();
    expect(screen.getByText('new runs are not seen')).toBeTruthy();
    expect(rows()).toHaveLength(3);
  });

  it('has the place of the rows while they are read', () => {
    openPage('/runs', { ...base, '/runs': page([]) });
    expect(screen.getByRole('grid').getAttribute('aria-busy')).toBe('true');
    expect(screen.queryByText('No runs yet')).toBeNull();
  });
});

describe('deeds on runs', () => {
  it('selects by keys and compares', async () => {
    open();
    await screen.findByText('Tide test');
    press('j');
    press('x');
    expect(screen.getByRole('toolbar').textContent).toContain('1 selected');
    expect((screen.getByRole('button', { name: /Compare/, hidden: false }) as HTMLButtonElement).disabled).toBe(true);
    press('j');
    press('j');
    press('X', { shiftKey: true });
    expect(screen.getByRole('toolbar').textContent).toContain('3 selected');
    press('c');
    expect(window.location.pathname + window.location.search).toBe('/compare?ids=r1,r2,few');
  });

  it('archives what the keys stand on', async () => {
    const { asked } = open('/runs', { 'PATCH /runs/r1': {} });
    await screen.findByText('Tide test');
    press('j');
    press('e');
    await screen.findByText(/^1.run archived\.$/);
    expect(asked.find((each) => each.method === 'PATCH')).toMatchObject({ path: '/runs/r1', body: { archived: true } });
  });

  it('tags, and keeps the tags that were there', async () => {
    const { asked } = open('/runs', { 'PATCH /runs/r1': {} }, [summary({ tags: ['old', 'keep'] })]);
    await screen.findByText('Casting, red coat');
    press('j');
    press('t');
    fireEvent.change(await screen.findByLabelText('Add, with commas between'), { target: { value: 'client A' } });
    fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'old' }));
    fireEvent.click(screen.getByRole('button', { name: /Change 1.run/ }));
    await waitFor(() => expect(asked.find((each) => each.method === 'PATCH')).toMatchObject({ body: { tags: ['keep', 'client A'] } }));
  });

  it('deletes only after it has said how many, and tells what could not go', async () => {
    const open409 = Response.json({ status: 409, detail: 'the run is still open' }, { status: 409 });
    const { asked } = open('/runs', { 'DELETE /runs/r1': open409, 'DELETE /runs/r2': new Response(null, { status: 204 }) });
    await screen.findByText('Tide test');
    press('j');
    press('x');
    press('j');
    press('x');
    fireEvent.click(within(screen.getByRole('toolbar')).getByRole('button', { name: 'Delete' }));
    expect(asked.some((each) => each.method === 'DELETE')).toBe(false);
    fireEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: /Delete 2.runs/ }));
    await screen.findByText(/^1.run deleted; 1.run not: the run is still open\.$/);
    expect(screen.queryByRole('toolbar')).toBeNull();
  });

  it('offers a download only where the server has one', async () => {
    open('/runs', { '/openapi.json': { paths: { '/api/v1/runs': {} } } });
    await screen.findByText('Tide test');
    expect(screen.queryByRole('button', { name: 'Export' })).toBeNull();
  });
});

describe('a filter that is chosen by keyboard', () => {
  it('keeps the focus while the counts are read anew', async () => {
    open();
    await screen.findByText('Tide test');
    const status = () => within(screen.getByRole('region', { name: 'TelemetryFilterPanel' })).getByRole('group', { name: 'Status' });
    await waitFor(() => expect(within(status()).getByText('12')).toBeTruthy());
    const box = within(status()).getByRole('checkbox', { name: /^success/ });
    box.focus();
    fireEvent.click(box);
    expect(document.activeElement).toBe(box);
    await waitFor(() => expect(window.location.search).toContain('status=success'));
    expect(document.activeElement).toBe(box);
  });
});
