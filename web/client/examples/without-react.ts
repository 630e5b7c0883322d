import { ApiClient, TelemetryStreamManager } from '@comfytrace/client';

/** Calls `tell` with a line for each change of status, until the returned function is called. Node 22 and browsers. */
export function followRuns(server: string, tell: (line: string) => void): () => void {
  const api = new ApiClient({ baseUrl: server });
  const manager = new TelemetryStreamManager({ url: `${server.replace(/^http/, 'ws')}/telemetry`, probe: () => api.health() });
  manager.on('status', ({ state, lastError }) => tell(lastError ? `${state}: ${lastError}` : state));
  manager.on('updates', (updates) => {
    for (const update of updates) if (update.kind === 'run') tell(`${update.run.title}: ${update.run.status}`);
  });
  manager.connect();
  return () => manager.close();
}
