import type { ApiClient, Distribution, RunFilter } from '@comfytrace/client';
import type { HistogramBin } from '../charts/small-charts.tsx';

// How the durations of all matching runs are spread: counted bin by bin, as no route tells it at once.

const kBins = 24;
const kAtOnce = 3;

type Spread = Pick<Distribution, 'n' | 'min' | 'max' | 'median' | 'p99'>;

/** Beyond this between shortest and longest, equal bins would put nearly all runs into the first. */
const kWide = 12;

/**
 * Bins in whole milliseconds, up to the 99th percentile where runs are many; of equal width, or of equal ratio where
 * durations span much. None where there is no spread.
 */
export function binEdges({ n, min, max, median, p99 }: Spread, count = kBins): { from: number; to: number }[] {
  if (n < 8 || min === null || max === null || median === null) return [];
  const high = Math.ceil(n >= 200 && p99 !== null ? p99 : max) + 1;
  // What is as far below the median as the longest is above it.
  const wide = high / Math.max(1, min) > kWide;
  const low = Math.max(1, Math.floor(wide ? Math.max(min, (median * median) / high) : min));
  const bins = Math.min(count, Math.max(6, Math.ceil(Math.sqrt(n))), high - low);
  if (high - low < 6) return [];
  const at = (part: number) => Math.round(wide ? low * (high / low) ** part : low + (high - low) * part);
  const edges = [...new Set(Array.from({ length: bins + 1 }, (_, index) => at(index / bins)))];
  return edges.slice(0, -1).map((from, index) => ({ from, to: edges[index + 1]! }));
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
