import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { forgetPrefs } from '../prefs.ts';
import { health, hello, openPage, snapshot, worker } from '../test-kit.tsx';
import { reachOf } from './access-panel.tsx';
import { retentionText } from './history-panel.tsx';
import { costText } from './price.ts';
import { mendOf } from './workers-panel.tsx';

beforeEach(() => {
  window.localStorage.clear();
  forgetPrefs();
});

const sink = { name: 'phone', kind: 'webhook', target: 'ntfy.sh', minSeverity: 'warning', waiting: 0, delivered: 12, lost: 1, deliveredAtMs: null, lastError: null };
const withSinks = { ...health, alerts: { open: 0, sinks: [sink, { ...sink, name: 'desktop', kind: 'command' }] } };

function open(answers: Record<string, unknown> = {}, workers = [worker()]) {
  const opened = openPage('/settings', { '/health': health, ...answers });
  opened.say(hello());
  opened.say(snapshot({ workers }));
  return opened;
}

describe('settings of this browser', () => {
  it('keep the price of an hour, and no price is none', () => {
    open();
    const field = screen.getByRole('textbox', { name: 'Price of an hour of GPU time' });
    fireEvent.change(field, { target: { value: '0.16' } });
    fireEvent.blur(field);
    expect(JSON.parse(window.localStorage.getItem('comfytrace.gpuPrice')!)).toEqual({ perHour: 0.16, currency: 'EUR' });
    expect(costText(18.5 * 3_600_000, { perHour: 0.16, currency: 'EUR' })).toBe('2.96\u00a0EUR');
    expect(costText(1, null)).toBeNull();
  });

  it('switch theme, single keys and badges', () => {
    open();
    const before = document.documentElement.dataset['theme'] === 'light' ? 'Dark' : 'Light';
    fireEvent.click(screen.getByRole('radio', { name: before }));
    expect(document.documentElement.dataset['theme']).toBe(before.toLowerCase());
    fireEvent.click(screen.getByRole('switch', { name: 'Single keys' }));
    fireEvent.keyDown(document.body, { key: '?' });
    expect(screen.queryByRole('dialog')).toBeNull();
    fireEvent.click(screen.getByRole('checkbox', { name: 'waited' }));
    expect(JSON.parse(window.localStorage.getItem('comfytrace.hiddenBadges')!)).toEqual(['waited']);
    fireEvent.click(screen.getByRole('button', { name: 'Show all' }));
    expect(JSON.parse(window.localStorage.getItem('comfytrace.hiddenBadges')!)).toEqual([]);
  });
});

describe('how this comfytrace is set up', () => {
  it('says who tells of a worker, what goes unseen, and the command that mends it', () => {
    open({}, [worker({ connection: { missing: 'the extension is older; `comfytrace extension install DIR` brings it up to date' } })]);
    const panel = screen.getByRole('region', { name: 'Watched ComfyUI servers' });
    expect(within(panel).getByText('stock, without the extension')).toBeTruthy();
    expect(within(panel).getByText('comfytrace extension install DIR').tagName).toBe('CODE');
    expect(mendOf('nothing to run')).toEqual({ sentence: 'Nothing to run', command: null, rest: '' });
    expect(mendOf('nodes go unseen; `comfytrace extension install DIR` adds them')).toEqual({ sentence: 'Nodes go unseen', command: 'comfytrace extension install DIR', rest: 'adds them' });
  });

  it('tries a lost worker again, and says on the first run what to do', async () => {
    const lost = worker({ connection: { state: 'disconnected', lastError: 'connection refused' } });
    const { asked, say } = open({ 'POST /workers/w:connect': new Response(null, { status: 204 }) }, [lost]);
    fireEvent.click(screen.getByRole('button', { name: 'Connect now' }));
    await waitFor(() => expect(asked.some((each) => each.path === '/workers/w:connect')).toBe(true));
    say(snapshot());
    expect(screen.getByText('No ComfyUI is being watched')).toBeTruthy();
  });

  it('tells the size of the history, and when it cannot be had', async () => {
    open();
    await waitFor(() => expect(within(screen.getByRole('region', { name: 'History' })).getByText('/h.db')).toBeTruthy());
    expect(screen.getByRole('region', { name: 'History' }).textContent).toMatch(/Size811.MiB/);
  });

  it('tells what goes by itself, or that nothing does', async () => {
    expect(retentionText({ days: 365, maxBytes: null })).toBe('Removed by itself, at the start and daily: runs older than 365\u00a0days.');
    expect(retentionText({ days: 1, maxBytes: 2 * 2 ** 30 })).toMatch(/1.day, and the oldest ones while the history is larger than 2\.0.GiB/);
    open();
    await screen.findByText(/Everything is kept for good/);
  });

  it('tells who can reach it and whether a token is asked', async () => {
    const setup = { listenHost: '0.0.0.0', listenPort: 9_000, tokenNeeded: true, configFile: '/c.toml', retention: { days: 30, maxBytes: null } };
    open({ '/health': { ...health, setup } });
    const panel = await screen.findByRole('region', { name: 'Access' });
    await within(panel).findByText('0.0.0.0:9000');
    expect(within(panel).getByText('asked of everybody')).toBeTruthy();
    expect(screen.getByText(/runs older than 30/)).toBeTruthy();
    expect(reachOf({ listenHost: '127.0.0.1' })).toBe('machine');
    expect(reachOf({ listenHost: '::1' })).toBe('machine');
    expect(reachOf({ listenHost: '192.168.1.4' })).toBe('network');
  });

  it('lives on while the history does not answer', async () => {
    open({ '/health': { ...health, status: 'degraded', history: null, writer: { pending: 12, failing: true, lastError: 'disk full' } } });
    await screen.findByText('The history does not answer');
    expect(screen.getByText('the history does not answer')).toBeTruthy();
  });

  it('cleans up only after it has said what goes', async () => {
    const { asked } = open({ 'POST /runs:prune': { dryRun: true, runs: 40, bytes: 9_000, oldestAtMs: 0, newestAtMs: 1, keptOpen: 0, keptArchived: 2, keptTagged: 5 } });
    fireEvent.click(await screen.findByRole('button', { name: 'Clean up' }));
    await screen.findByRole('button', { name: /Remove 40.runs/ });
    expect(screen.getByRole('dialog').textContent).toMatch(/Beyond the bound 2 archived and 5 tagged stay\./);
    expect(asked.find((each) => each.path === '/runs:prune')!.body).toEqual({ olderThanMs: 365 * 86_400_000, dryRun: true });
  });

  it('tests each sink and says what became of it', async () => {
    open({ '/health': withSinks, 'POST /alerts:test': { sinks: [{ name: 'phone', delivered: true, error: null }, { name: 'desktop', delivered: false, error: 'exit code 1' }] } });
    fireEvent.click(await screen.findByRole('button', { name: 'Send a test' }));
    await screen.findByText('test delivered');
    expect(screen.getByText('test failed: exit code 1')).toBeTruthy();
    expect(screen.getByText(/1 of 2 took the test/)).toBeTruthy();
    expect(screen.getByText(/You have set up one exception: alerts go to ntfy.sh/)).toBeTruthy();
  });

  it('says that alerts go nowhere without a sink, and promises it first', async () => {
    open({ '/health': { ...health, alerts: { open: 0, sinks: [] } } });
    await screen.findByText('Alerts are shown on this page and sent nowhere.');
    const about = screen.getByRole('region', { name: 'About comfytrace' });
    expect(about.querySelector('.pb')!.firstElementChild!.textContent).toBe('Nothing leaves your machine.');
    expect(about.textContent).toContain('Apache-2.0');
  });
});
