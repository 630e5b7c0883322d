import { describe, expect, it, vi } from 'vitest';
import { AlertStore } from './alert-store.ts';
import { ApiError, type ApiClient } from './api-client.ts';
import type { Alert } from './types.ts';
import type { TelemetryStreamManager } from './telemetry-stream-manager.ts';

const alert = (change: Partial<Alert> = {}): Alert => ({
  id: 'a', rule: 'workerDown', severity: 'warning', subject: 's', message: 'm', runId: null, workerId: null, evidence: {}, raisedAtMs: 1, clearedAtMs: null, acknowledgedAtMs: null, toldAtMs: null, heldBack: false, ...change,
});

function stream() {
  const hears: Record<string, (value: never) => void> = {};
  const manager = { on: (name: string, hear: (value: never) => void) => { hears[name] = hear; return () => delete hears[name]; } } as unknown as TelemetryStreamManager;
  return { manager, say: (name: string, value: unknown) => hears[name]?.(value as never) };
}

const apiOf = (more: Partial<ApiClient>) => more as unknown as ApiClient;
const settle = () => new Promise((resolve) => setTimeout(resolve));

describe('AlertStore', () => {
  it('puts open ones first, the most severe of them first', async () => {
    const store = new AlertStore(apiOf({ alerts: async () => [alert({ id: 'over', clearedAtMs: 9, raisedAtMs: 8, severity: 'critical' }), alert({ id: 'warns' }), alert({ id: 'bad', severity: 'critical' })] }));
    await store.refresh();
    expect(store.get().alerts.map((each) => each.id)).toEqual(['bad', 'warns', 'over']);
    expect(store.get().open).toHaveLength(2);
  });

  it('takes what the stream tells, and does not let an older answer undo it', async () => {
    let answer: (alerts: Alert[]) => void = () => undefined;
    const store = new AlertStore(apiOf({ alerts: () => new Promise((resolve) => (answer = resolve)) }));
    const { manager, say } = stream();
    store.follow(manager);
    say('updates', [{ kind: 'alert', alert: alert({ clearedAtMs: 5 }) }]);
    answer([alert(), alert({ id: 'b' })]);
    await settle();
    expect(store.get().open.map((each) => each.id)).toEqual(['b']);
  });

  it('reads again when a snapshot has not the alerts that were open', async () => {
    const alerts = vi.fn(async () => [alert()]);
    const store = new AlertStore(apiOf({ alerts }));
    const { manager, say } = stream();
    store.follow(manager);
    await settle();
    alerts.mockResolvedValue([alert({ clearedAtMs: 7 })]);
    say('snapshot', { alerts: [] });
    await settle();
    expect(alerts).toHaveBeenCalledTimes(2);
    expect(store.get().open).toEqual([]);
  });

  it('acknowledges at once, and takes it back when the server refuses', async () => {
    let refuse: (error: Error) => void = () => undefined;
    const store = new AlertStore(apiOf({ alerts: async () => [alert()], acknowledgeAlert: () => new Promise((_, reject) => (refuse = reject)) }));
    await store.refresh();
    const done = store.acknowledge('a');
    expect(store.get().open[0]!.acknowledgedAtMs).not.toBeNull();
    expect(store.get().pending.has('a')).toBe(true);
    refuse(new ApiError(404, 'there is no open alert with this id'));
    expect(await done).toBe(false);
    expect(store.get().open[0]!.acknowledgedAtMs).toBeNull();
    expect(store.get().actionError).toEqual({ id: 'a', sentence: 'there is no open alert with this id' });
  });

  it('tells a server without alerts from one that fails', async () => {
    const none = new AlertStore(apiOf({ alerts: async () => { throw new ApiError(404, 'no such thing'); } }));
    await none.refresh();
    expect(none.get().state).toBe('none');
    const broken = new AlertStore(apiOf({ alerts: async () => { throw new ApiError(503, 'busy'); } }));
    await broken.refresh();
    expect(broken.get()).toMatchObject({ state: 'error', error: 'busy' });
  });
});
