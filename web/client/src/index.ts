export * from './types.ts';
export * from './api-client.ts';
export * from './telemetry-stream-manager.ts';
export * from './live-store.ts';
export * from './coalesce.ts';
