import type { ComponentType } from 'react';
import type { ViewName } from './address.ts';

export type View = ComponentType<{ runId: string }>;

/** Each view in a chunk of its own. */
export const kLoads: Record<Exclude<ViewName, 'nowhere'>, () => Promise<ComponentType | View>> = {
  live: async () => (await import('./live/live-view.tsx')).LiveView,
  runs: async () => (await import('./runs/runs-view.tsx')).RunsView,
  run: async () => (await import('./run/run-view.tsx')).RunView,
  compare: async () => (await import('./compare/compare-view.tsx')).CompareView,
  trends: async () => (await import('./trends/trends-view.tsx')).TrendsView,
  insights: async () => (await import('./insights/insights-view.tsx')).InsightsView,
  settings: async () => (await import('./settings/settings-view.tsx')).SettingsView,
  gallery: async () => (await import('./gallery/gallery-view.tsx')).GalleryView,
};
