import { ApiError, type ApiClient, type RunPatch, type RunSummary } from '@comfytrace/client';

// What is done to many runs at once: one request a run, a few at a time; what fails is told by run.

const kAtOnce = 4;

export interface DeedReport {
  done: string[];
  failed: { runId: string; sentence: string }[];
}

export async function toEach(runIds: readonly string[], deed: (runId: string) => Promise<unknown>, onProgress?: (done: number) => void): Promise<DeedReport> {
  const report: DeedReport = { done: [], failed: [] };
  let next = 0;
  const work = async () => {
    while (next < runIds.length) {
      const runId = runIds[next++]!;
      try {
        await deed(runId);
        report.done.push(runId);
      } catch (error) {
        report.failed.push({ runId, sentence: error instanceof ApiError || error instanceof Error ? error.message : String(error) });
      }
      onProgress?.(report.done.length + report.failed.length);
    }
  };
  await Promise.all(Array.from({ length: kAtOnce }, work));
  return report;
}

/** The run's tags with these added and those taken away, in order, without doubles. */
export function tagsAfter(tags: readonly string[], add: readonly string[], remove: readonly string[] = []): string[] {
  return [...new Set([...tags.filter((tag) => !remove.includes(tag)), ...add])];
}

/** Words between commas, without what the server refuses. */
export function tagsOf(text: string): string[] {
  return [...new Set(text.split(',').map((tag) => tag.trim().replace(/\s+/g, ' ')).filter((tag) => tag !== ''))].slice(0, 50);
}

export function patchEach(api: ApiClient, runs: readonly RunSummary[], patch: (run: RunSummary) => RunPatch, onProgress?: (done: number) => void): Promise<DeedReport> {
  const known = new Map(runs.map((run) => [run.runId, run]));
  return toEach([...known.keys()], (runId) => api.changeRun(runId, patch(known.get(runId)!)), onProgress);
}
