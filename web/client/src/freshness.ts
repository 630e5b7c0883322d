import type { StreamStatus } from './telemetry-stream-manager.ts';

/** What a person is told of how current the page is. */
export interface Freshness {
  state: 'connecting' | 'connected' | 'streaming' | 'stalled' | 'stale' | 'polling' | 'disconnected';
  /** Since anything came; null: nothing ever did. */
  ageMs: number | null;
}

export const kStaleMs = 10_000;

/**
 * A connected stream is silent while nothing happens, which is no staleness: it is stale when neither a frame nor a
 * probe has shown for `staleMs` longer than probes are apart that the server is there.
 */
export function freshnessOf(link: StreamStatus, nowMs: number, staleMs = kStaleMs): Freshness {
  const ageMs = link.lastUpdateAtMs === null ? null : Math.max(0, nowMs - link.lastUpdateAtMs);
  const aliveMs = link.aliveAtMs === null ? null : nowMs - link.aliveAtMs;
  if (link.transport === 'polling') return { state: aliveMs !== null && aliveMs > staleMs ? 'stale' : 'polling', ageMs };
  if (link.transport === 'none') return { state: link.state === 'connecting' ? 'connecting' : 'disconnected', ageMs };
  const silentOk = link.state === 'streaming' || link.state === 'stalled' ? Number.POSITIVE_INFINITY : link.probeMs + staleMs;
  if (aliveMs !== null && aliveMs > silentOk) return { state: 'stale', ageMs };
  return { state: link.state, ageMs };
}
