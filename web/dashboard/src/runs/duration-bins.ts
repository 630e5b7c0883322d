import type { ApiClient, Distribution, RunFilter } from '@comfytrace/client';
import type { HistogramBin } from '../charts/small-charts.tsx';

// How the durations of all matching runs are spread: counted bin by bin, as no route tells it at once.

const kBins = 24;
const kAtOnce = 3;

/** Equal bins from the shortest to the 99th percentile, in whole milliseconds. None where there is no spread. */
export function binEdges({ n, min, max, p99 }: Pick<Distribution, 'n' | 'min' | 'max' | 'p99'>, count = kBins): { from: number; to: number }[] {
  if (n < 8 || min === null || max === null) return [];
  const low = Math.floor(min);
  const high = Math.ceil(n >= 200 && p99 !== null ? p99 : max) + 1;
  const bins = Math.min(count, Math.max(6, Math.ceil(Math.sqrt(n))), high - low);
  if (high - low < 6) return [];
  const edges = Array.from({ length: bins + 1 }, (_, at) => Math.round(low + ((high - low) * at) / bins));
  return edges.slice(0, -1).map((from, at) => ({ from, to: edges[at + 1]! }));
}

/** A few questions at a time, so that the list is not kept waiting. */
export async function countBins(api: ApiClient, filter: RunFilter, edges: readonly { from: number; to: number }[], signal: AbortSignal): Promise<HistogramBin[]> {
  const counts: HistogramBin[] = new Array<HistogramBin>(edges.length);
  let next = 0;
  const work = async () => {
    while (next < edges.length) {
      const at = next++;
      const { from, to } = edges[at]!;
      const page = await api.runs({ ...filter, durationMinMs: from, durationMaxMs: to - 1 }, { limit: 1 }, signal);
      counts[at] = { from, to, count: page.total };
    }
  };
  await Promise.all(Array.from({ length: kAtOnce }, work));
  return counts;
}
