import type { RunDifference } from '@comfytrace/client';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { comparison } from '../gallery/samples.ts';
import { failedRun, health, openPage, page, summary } from '../test-kit.tsx';

const plain = (text: string | null | undefined) => (text ?? '').replace(/[\u00a0\u202f]/g, ' ');
const number = (name: string, values: (number | null)[], more: Partial<RunDifference['numbers'][number]> = {}) => ({ name, values, n: [6, 6], delta: null, deltaRatio: null, deltaRatioInterval: null, pValue: null, verdict: 'noEvidence' as const, needed: 0, ...more });

function run(id: string, title: string) {
  const made = failedRun();
  return { ...made, runId: id, title, status: 'success' as const, exitReason: 'success' as const, artifacts: [{ index: 0, sceneId: 's1', promptId: 'p1', url: `/f/${id}.png`, nodeId: '9', filename: `${id}.png`, subfolder: '', type: 'output', kind: 'image' as const, text: null, cached: false }] };
}

const answer: RunDifference = {
  runs: [{ runId: 'a', title: 'take 5', createdAtMs: 1, sceneCount: 6 }, { runId: 'b', title: 'take 2', createdAtMs: 2, sceneCount: 6 }],
  sentence: 'B took 18 % longer than A a scene', likeForLike: true, notLike: [], outcome: [], environment: [{ name: 'ComfyUI version', values: ['0.3.60', '0.3.64'], mayExplain: true }], environmentEqual: ['GPU'],
  scenes: [{ sceneIds: ['s1', 's1'], parameters: [{ name: 'seed', values: ['1', '2'], mayExplain: false }], equal: ['steps', 'cfg'] }],
  numbers: [number('durationMs', [298_000, 352_000], { delta: 54_000, deltaRatio: 0.181, deltaRatioInterval: { low: 0.17, high: 0.2, level: 0.95 }, verdict: 'worse' }), number('vramPeakBytes', [20 * 2 ** 30, 22 * 2 ** 30], { delta: 2 * 2 ** 30, deltaRatio: 0.1, deltaRatioInterval: { low: 0.05, high: 0.15, level: 0.95 }, verdict: 'worse' }), number('queueWaitMs', [null, 4])],
  nodeClasses: [], nodes: [
    { nodeId: '8', classType: 'VAEDecode', title: '81 frames', durationMs: [41_000, 82_000], executions: [6, 6], cached: [0, 0], deltaMs: 41_000, deltaRatio: 1, share: 0.76, deltaMsInterval: { low: 40_000, high: 42_000, level: 0.95 }, pValue: 0.01 },
    { nodeId: '1', classType: 'UNETLoader', title: '', durationMs: [null, null], executions: [0, 0], cached: [6, 6], deltaMs: null, deltaRatio: null, share: null, deltaMsInterval: null, pValue: null },
  ],
  nodesMissing: null, artifacts: [{ kind: 'image', nodeId: '9', indexes: [0, 0], sceneIds: ['s1', 's1'] }],
};
const base = { '/health': health, '/recommendations': { recommendations: [] }, '/workers': { workers: [] }, '/runs/a': run('a', 'take 5'), '/runs/b': run('b', 'take 2'), '/runs/c': run('c', 'take 9'), '/compare': answer, '/runs': page([summary({ runId: 'c', title: 'take 9' })]) };

describe('Compare', () => {
  it('says first what differs, with interval and n, and marks what may explain it', async () => {
    const { asked } = openPage('/compare?ids=a,b', base);
    const claim = await screen.findByRole('region', { name: 'What differs' });
    expect(plain(claim.textContent)).toContain('B took 18 % longer than A a scene95 % 17 to 20 %, n 6 and 6, worse');
    expect(asked.find((each) => each.path.startsWith('/compare'))?.path).toBe('/compare?ids=a,b');
    const parameters = screen.getByRole('region', { name: 'Parameters' });
    expect([...parameters.querySelectorAll('tbody tr')].map((row) => row.textContent)).toEqual(['ComfyUI version0.3.600.3.64may explain it', 'seed12not held equal']);
    fireEvent.click(within(parameters).getByRole('switch', { name: 'Only differences' }));
    expect(parameters.querySelectorAll('tbody tr.same')).toHaveLength(3);
    fireEvent.click(within(parameters).getByRole('switch', { name: 'Only differences' }));
  });
  it('gives numbers with their intervals in their own unit, and says what is missing', async () => {
    openPage('/compare?ids=a,b', base);
    const rows = [...(await screen.findByRole('region', { name: 'Measures' })).querySelectorAll<HTMLTableRowElement>('tbody tr')].map((row) => [...row.cells].map((cell) => plain(cell.textContent)));
    expect(rows[0]!.slice(3)).toEqual(['+18 %, worse', '17 to 20 %']);
    expect(rows[1]!.slice(3)).toEqual(['+2.0 GiB, worse', '1.0 to 3.0 GiB']);
    expect(rows[2]!.slice(1)).toEqual(['not known', '4 ms', 'one side only', 'none']);
  });
  it('puts nodes side by side, names the finding, and leaves out what was cached throughout', async () => {
    openPage('/compare?ids=a,b', base);
    const panel = await screen.findByRole('region', { name: 'Node by node' });
    expect(plain(within(panel).getByRole('img').getAttribute('aria-label'))).toBe('1 nodes; VAEDecode +100 %');
    expect(plain(panel.querySelector('.pf')?.textContent)).toBe('1 node cached in all runs left out. VAEDecode makes 76.0 % of the difference');
  });
  it('moves the line between two pictures by keys', async () => {
    openPage('/compare?ids=a,b', base);
    const line = await screen.findByRole('slider', { name: 'Line between A and B' });
    fireEvent.keyDown(line, { key: 'ArrowRight' });
    fireEvent.keyDown(line, { key: 'PageUp' });
    expect(line.getAttribute('aria-valuenow')).toBe('61');
    expect(line.getAttribute('aria-valuetext')).toBe('61 % A, 39 % B');
    expect(document.querySelector<HTMLElement>('.slider .ov')!.style.clipPath).toContain('39%');
  });
  it('says why runs are not like for like', async () => {
    openPage('/compare?ids=a,b', { ...base, '/compare': { ...answer, likeForLike: false, notLike: ['size of work differs'] } });
    expect((await screen.findByRole('region', { name: 'What differs' })).textContent).toContain('Not like for like:size of work differs');
  });
  it('swaps by x, removes, and then asks for a counterpart', async () => {
    openPage('/compare?ids=a,b', base);
    await screen.findByRole('region', { name: 'What differs' });
    fireEvent.keyDown(window, { key: 'x' });
    expect(window.location.search).toBe('?ids=b,a');
    fireEvent.click(await screen.findByRole('button', { name: 'Remove run A' }));
    expect(window.location.search).toBe('?ids=a');
    expect(await screen.findByText('One run so far')).toBeTruthy();
  });
  it('offers the runs like the one that is there', async () => {
    openPage('/compare?ids=a', { ...base, '/runs/a/comparison': { ...comparison, runId: 'a', cohort: { ...comparison.cohort, runIds: ['c'] } } });
    await screen.findByText('take 5');
    fireEvent.click(screen.getByRole('button', { name: 'Add a run' }));
    const box = await screen.findByRole('dialog', { name: 'Add a run' });
    fireEvent.click(await within(box).findByRole('button', { name: /take 9/ }));
    await waitFor(() => expect(window.location.search).toBe('?ids=a,c'));
  });
  it('says what to do when nothing is chosen, and what went wrong when it cannot be answered', async () => {
    const first = openPage('/compare', base);
    await screen.findByText('Nothing to compare yet');
    first.unmount();
    openPage('/compare?ids=a,b', { ...base, '/compare': Response.json({ detail: 'there is no run b' }, { status: 404 }) });
    await screen.findByText('there is no run b');
    expect(screen.getByRole('button', { name: 'Retry' })).toBeTruthy();
  });
  it('shows three runs as columns, without a verdict', async () => {
    const three: RunDifference = { ...answer, runs: [...answer.runs, { runId: 'c', title: 'take 9', createdAtMs: 3, sceneCount: 6 }], sentence: '3 runs side by side', numbers: [number('durationMs', [100_000, 114_000, 93_000], { n: [6, 6, 6] })], nodes: [], environment: [{ name: 'GPU', values: ['x', 'y', null], mayExplain: true }], artifacts: [{ kind: 'image', nodeId: '9', indexes: [0, 0, null], sceneIds: ['s1', 's1', null] }] };
    openPage('/compare?ids=a,b,c', { ...base, '/compare': three });
    const claim = await screen.findByRole('region', { name: 'What differs' });
    expect(plain(claim.textContent)).toContain('B +14 %, C −7.0 % against A');
    expect(screen.getByRole('region', { name: 'Measures' }).querySelectorAll('thead th')).toHaveLength(4);
    expect(screen.getByText('run C has none here')).toBeTruthy();
    expect(screen.getByText('No node times')).toBeTruthy();
  });
});
