import type { ExtensionInfo, WorkerState } from '@comfytrace/client';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { failedRun, health, hello, openPage, page, snapshot, summary, timelineOf, worker } from './test-kit.tsx';

const base = { '/health': health };

describe('Live', () => {
  it('says what to do when no worker is watched', async () => {
    const { say } = openPage('/', base);
    say(hello());
    say(snapshot());
    expect(screen.getByText('No ComfyUI is being watched')).toBeTruthy();
    expect(screen.getByText(/comfytrace serve --comfyui/)).toBeTruthy();
  });

  it('claims nothing before the first word from the server', () => {
    openPage('/', base);
    expect(screen.queryByText('Queue is empty')).toBeNull();
    expect(screen.queryByText('Nothing is running')).toBeNull();
    expect(screen.getByText('workers not known yet')).toBeTruthy();
  });

  it('shows a worker by what the API gives and says what a stock one does not tell', () => {
    const { say } = openPage('/', base);
    say(hello());
    say(snapshot({ workers: [worker({ connection: { missing: 'Install the extension to record node times.' } })] }));
    const card = screen.getByRole('region', { name: 'Worker atlas, connected' });
    expect(within(card).getByText(/RTX 4090/)).toBeTruthy();
    expect(within(card).getByRole('meter', { name: 'VRAM used' }).getAttribute('aria-valuenow')).toBe('75');
    expect(within(card).getByText('no sensor')).toBeTruthy();
    expect(within(card).getByText(/no per-node times for other people's prompts/)).toBeTruthy();
    fireEvent.click(within(card).getByText('why'));
    expect(within(card).getByText('Install the extension to record node times.')).toBeTruthy();
  });

  const extension: ExtensionInfo = {
    version: '0.1.0', protocol: 1, outdated: false, taps: ['send_sync', 'queue.put'], skippedTaps: [{ name: 'torch_memory', reason: 'torch has no CUDA device' }],
    framesDropped: 7, failures: 0, eventCostP50Us: 9.44, eventCostP99Us: 31.06,
  };
  const cardOf = (connection: Partial<WorkerState['connection']>) => {
    const { say } = openPage('/', base);
    say(hello());
    say(snapshot({ workers: [worker({ connection: { source: 'extension', ...connection } })] }));
    return screen.getByRole('region', { name: 'Worker atlas, connected' });
  };

  it('says of a worker with the extension what it listens to, what it skipped and why, and what it costs', () => {
    const card = cardOf({ extension });
    expect(within(card).getByText('extension 0.1.0, all events')).toBeTruthy();
    expect(within(card).queryByText(/torch has no CUDA device/)).toBeNull();
    fireEvent.click(within(card).getByText('more'));
    expect(within(card).getByText('send_sync, queue.put')).toBeTruthy();
    expect(within(card).getByText('torch_memory: torch has no CUDA device')).toBeTruthy();
    expect(within(card).getByText('7 frames')).toBeTruthy();
    expect(within(card).getByText('9.4 µs, at most 31.1 µs in 99 of 100')).toBeTruthy();
    fireEvent.click(within(card).getByText('less'));
    expect(within(card).queryByText('7 frames')).toBeNull();
  });

  it('says that an extension is older than the one carried here, and what mends it', () => {
    const missing = 'the extension in this ComfyUI is version 0.0.9, this comfytrace carries 0.1.0; `comfytrace extension install <ComfyUI directory>` brings it up to date';
    const card = cardOf({ extension: { ...extension, version: '0.0.9', outdated: true }, missing });
    expect(within(card).getByText('outdated')).toBeTruthy();
    fireEvent.click(within(card).getByText('why'));
    expect(card.textContent).toContain('The extension in this ComfyUI is version 0.0.9, this comfytrace carries 0.1.0;');
    expect(card.querySelector('code')?.textContent).toBe('comfytrace extension install <ComfyUI directory>');
  });

  it('claims no more than the extension told', () => {
    const unknown = { ...extension, version: '', framesDropped: null, failures: null, eventCostP50Us: null, eventCostP99Us: null };
    const card = cardOf({ extension: unknown, missing: 'this ComfyUI lacks what the extension listens to for: rejected prompts and why' });
    expect(within(card).getByText('extension of unknown version, not all events')).toBeTruthy();
    fireEvent.click(within(card).getByText('why'));
    expect([...card.querySelectorAll('dd')].filter((each) => each.textContent?.startsWith('not told'))).toHaveLength(4);
  });

  it("shows torch's own memory beside the device's", () => {
    const gpu = { index: 0, name: 'cuda:0 NVIDIA GeForce RTX 4090 : native', type: 'cuda', vramTotalBytes: 24 * 2 ** 30, vramFreeBytes: 6 * 2 ** 30, torchVramTotalBytes: 9 * 2 ** 30, torchVramFreeBytes: 2 ** 30 };
    const { say } = openPage('/', base);
    say(hello());
    say(snapshot({ workers: [worker({ devices: [gpu] })] }));
    expect(screen.getByText('VRAM').getAttribute('title')?.replace(/[\u00a0\u202f]/g, ' ')).toBe('torch holds 9.0 GiB, of which 8.0 GiB are in use');
  });

  it('offers to connect an unreachable worker at once', async () => {
    const { say, asked } = openPage('/', { ...base, 'POST /workers/w:connect': new Response(null, { status: 204 }) });
    say(hello());
    say(snapshot({ workers: [worker({ connection: { state: 'disconnected', attempt: 13, nextTryAtMs: Date.now() + 22_000, lastError: 'Connection refused' } })] }));
    const card = screen.getByRole('region', { name: 'Worker atlas, disconnected' });
    expect(card.textContent).toMatch(/Connection refused, since/);
    expect(card.textContent).toMatch(/Next try in 2[123].s, try 14/);
    fireEvent.click(within(card).getByRole('button', { name: 'Connect now' }));
    await waitFor(() => expect(asked.some((each) => each.method === 'POST' && each.path === '/workers/w:connect')).toBe(true));
  });

  it('shows the running node and its step, and says so when nodes are not told', () => {
    const scene = {
      kind: 'scene', runId: 'r', sceneId: 's', promptId: 'p', workerId: 'w', runTitle: 'The Lighthouse Keeper', sceneTitle: 'The storm breaks', status: 'executing', exitReason: null, attempts: 1, timestamp: 0,
      duration: 1, elapsedMs: 1000, queuedAtMs: null, startedAtMs: Date.now() - 133_000, finishedAtMs: null, queueNumber: 0, nodeCount: 16, nodesDone: 12, nodeTimesKnown: true,
      node: { nodeId: '13', classType: 'KSampler', title: '', progressValue: 14, progressMax: 30, startedAtMs: 0 }, progress: 0.78, gpuVramFree: null, gpuUtilization: null, eta: null,
    };
    const { say } = openPage('/', base);
    say(hello());
    say(snapshot({ workers: [worker()], scenes: [scene] }));
    expect(screen.getByText('Node 13 of 16')).toBeTruthy();
    expect(screen.getByText('step 14 / 30')).toBeTruthy();
    say({ type: 'update', seq: 2, serverTimeMs: Date.now(), updates: [{ ...scene, nodeTimesKnown: false, node: null, progress: null }] });
    expect(screen.queryByText('Node 13 of 16')).toBeNull();
    expect(screen.getByText('Nodes not told')).toBeTruthy();
  });

  it('keeps what it showed when the connection breaks and says how old it is', () => {
    const { say, breakLink, sockets } = openPage('/', base);
    say(hello());
    say(snapshot({ workers: [worker()], recent: [summary()] }));
    breakLink();
    expect(screen.getByText('No connection to comfytrace.')).toBeTruthy();
    expect(screen.getByText(/Shown data is from/)).toBeTruthy();
    expect(screen.getByText('Casting, red coat')).toBeTruthy();
    expect(screen.getByText('connected when last told')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Connect now' }));
    expect(sockets).toHaveLength(2);
  });

  it('opens the about box with its promise first', () => {
    openPage('/', base);
    fireEvent.click(screen.getByTitle('About: nothing leaves your machine'));
    expect(screen.getByRole('dialog', { name: 'About comfytrace' }).querySelector('p')?.textContent).toBe('Nothing leaves your machine.');
  });

  it('goes places by keys', async () => {
    openPage('/', { ...base, '/runs': page([]) });
    fireEvent.keyDown(window, { key: 'g' });
    fireEvent.keyDown(window, { key: 'r' });
    expect(window.location.pathname).toBe('/runs');
    await screen.findByText('No runs yet');
  });
});

describe('Run', () => {
  it('puts the failure first, with ComfyUI\'s own frames folded', async () => {
    const run = failedRun();
    openPage('/runs/r1', { ...base, '/runs/r1': run, '/runs/r1/timeline': timelineOf(run) });
    const panel = await screen.findByRole('region', { name: 'Error: ValueError' });
    expect(panel.compareDocumentPosition(screen.getByRole('region', { name: 'Artifacts' })) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
    expect(within(panel).getByText('probe failure: shot 12 refused')).toBeTruthy();
    expect(within(panel).getByText('custom_nodes/probe_nodes/__init__.py:50')).toBeTruthy();
    expect(within(panel).queryByText('execution.py:496')).toBeNull();
    fireEvent.click(within(panel).getByText("1 of ComfyUI's own folded"));
    expect(within(panel).getByText('execution.py:496')).toBeTruthy();
  });

  it('keeps all digits of a seed and says that memory was not sampled', async () => {
    const run = failedRun();
    openPage('/runs/r1', { ...base, '/runs/r1': run, '/runs/r1/timeline': timelineOf(run) });
    await screen.findByText('18446744073709551615');
    expect(screen.getByRole('group', { name: 'Facts of the run' }).textContent).toMatch(/VRAM peak no sample/);
  });

  it('draws cached and failed nodes as such', async () => {
    const run = failedRun();
    const node = { parentNodeId: null, title: '', progressValue: null, progressMax: null, vramPeakBytes: null };
    const { container } = openPage('/runs/r1', {
      ...base, '/runs/r1': run,
      '/runs/r1/timeline': timelineOf(run, [
        { ...node, nodeId: '1', displayNodeId: '1', classType: 'VAEDecode', state: 'finished', startOffsetMs: 0, durationMs: 8_000 },
        { ...node, nodeId: '3', displayNodeId: '3', classType: 'ProbeRaise', state: 'failed', startOffsetMs: 8_000, durationMs: 300 },
        { ...node, nodeId: '2', displayNodeId: '2', classType: 'CheckpointLoaderSimple', state: 'cached', startOffsetMs: 0, durationMs: null },
      ]),
    });
    await screen.findByRole('img', { name: /3.nodes over 8\.3.s; the longest is VAEDecode with 8\.0.s/ });
    const labels = [...container.querySelectorAll('.bar text')].map((each) => each.textContent?.replace(/\u00a0/g, ' '));
    expect(labels).toEqual(['8.0 s', '0.3 s, failed', 'cached']);
  });

  it("shows torch's peak of a node in the tooltip and in the table, and claims none for others", async () => {
    const run = failedRun();
    const node = { parentNodeId: null, title: '', progressValue: null, progressMax: null, vramPeakBytes: null };
    const { container } = openPage('/runs/r1', {
      ...base, '/runs/r1': run,
      '/runs/r1/timeline': timelineOf(run, [
        { ...node, nodeId: '1', displayNodeId: '1', classType: 'KSampler', state: 'finished', startOffsetMs: 0, durationMs: 8_000, vramPeakBytes: 9 * 2 ** 30 },
        { ...node, nodeId: '3', displayNodeId: '3', classType: 'ProbeRaise', state: 'failed', startOffsetMs: 8_000, durationMs: 300 },
      ]),
    });
    await waitFor(() => expect(container.querySelectorAll('.bar')).toHaveLength(2), { timeout: 10_000 });
    const [first, second] = container.querySelectorAll('.label-btn');
    fireEvent.pointerEnter(first!);
    expect(container.querySelector('.tip')?.textContent?.replace(/[\u00a0\u202f]/g, ' ')).toContain("VRAM at its highest 9.0 GiB, by torch's count");
    fireEvent.pointerEnter(second!);
    expect(container.querySelector('.tip')?.textContent).not.toContain('VRAM');
    fireEvent.click(screen.getByRole('button', { name: 'Table' }));
    const rows = [...container.querySelectorAll('.timeline tr')].map((row) => row.lastElementChild?.textContent?.replace(/[\u00a0\u202f]/g, ' '));
    expect(rows).toEqual(['VRAM peak', '9.0 GiB', 'not told']);
  });

  it('says why there are no node times', async () => {
    const run = failedRun();
    run.scenes[0]!.attempts[0]!.nodeTimesKnown = false;
    run.scenes[0]!.attempts[0]!.origin = 'backfilled';
    openPage('/runs/r1', { ...base, '/runs/r1': run, '/runs/r1/timeline': timelineOf(run) });
    await screen.findByText('No node times');
    expect(screen.getByText(/ComfyUI keeps no node times there/)).toBeTruthy();
  });

  it('saves a tag, and deletes only after asking', async () => {
    const run = failedRun();
    const { asked } = openPage('/runs/r1', {
      ...base, '/runs/r1': run, '/runs/r1/timeline': timelineOf(run), 'PATCH /runs/r1': { ...run, tags: ['keep'] },
      'DELETE /runs/r1': new Response(null, { status: 204 }), '/runs': page([]),
    });
    fireEvent.click(await screen.findByRole('button', { name: 'tag' }));
    const field = screen.getByLabelText('New tag');
    fireEvent.change(field, { target: { value: 'keep' } });
    fireEvent.keyDown(field, { key: 'Enter' });
    await screen.findByRole('button', { name: 'Remove tag keep' });
    expect(asked.find((each) => each.method === 'PATCH')?.body).toEqual({ tags: ['keep'] });
    fireEvent.click(screen.getByRole('button', { name: 'More for this run' }));
    fireEvent.click(screen.getByRole('menuitem', { name: 'Delete' }));
    expect(asked.some((each) => each.method === 'DELETE')).toBe(false);
    fireEvent.click(await screen.findByRole('button', { name: 'Delete 1 run' }));
    await waitFor(() => expect(asked.some((each) => each.method === 'DELETE')).toBe(true));
    await waitFor(() => expect(window.location.pathname).toBe('/runs'));
  });

  it('says that a run is not there', async () => {
    openPage('/runs/none', base);
    await screen.findByText('There is no such run');
  });
});

it('goes to another view with the focus in its content, not in what is gone', async () => {
  openPage('/', base);
  const link = within(await screen.findByRole('navigation', { name: 'Views' })).getByRole('link', { name: /^Settings/ });
  link.focus();
  fireEvent.click(link);
  await waitFor(() => expect(window.location.pathname).toBe('/settings'));
  await waitFor(() => expect(document.activeElement?.id).toBe('main'));
});
