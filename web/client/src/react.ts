import { useSyncExternalStore } from 'react';
import type { LiveState, LiveStore } from './live-store.ts';

/** The live state; the component renders again when it changes. */
export function useRealtimeTelemetry(store: LiveStore): LiveState {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}
