import { ApiClient } from './api-client.ts';
import { LiveStore, pollState } from './live-store.ts';
import { TelemetryStreamManager, type StreamOptions } from './telemetry-stream-manager.ts';

export interface Comfytrace {
  api: ApiClient;
  live: LiveStore;
  /** Lets go of the stream and everything it held. */
  close(): void;
}

export interface ConnectOptions extends Partial<Omit<StreamOptions, 'url'>> {
  /** Of the comfytrace server, "http://127.0.0.1:8199". Left out: the server that this page came from. */
  url?: string;
  token?: string;
  /** In place of the global one, for the API. */
  fetch?: typeof fetch;
}

/** The API and the live stream of one comfytrace, polling where WebSockets do not get through. Call `live.manager.connect()`. */
export function connectComfytrace({ url, token, fetch, ...stream }: ConnectOptions = {}): Comfytrace {
  const origin = (url ?? window.location.origin).replace(/\/$/, '');
  const api = new ApiClient({ baseUrl: url === undefined ? '' : origin, token, fetch });
  const manager = new TelemetryStreamManager({
    url: `${origin.replace(/^http/, 'ws')}/telemetry`,
    probe: () => api.health(),
    poll: () => pollState(api),
    ...stream,
  });
  const live = new LiveStore(manager);
  return {
    api, live,
    close: () => {
      manager.close();
      live.dispose();
    },
  };
}
