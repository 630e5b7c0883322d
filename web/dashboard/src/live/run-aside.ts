import type { RunSummary } from '@comfytrace/client';

/** What a recent run is said to be besides its title: how many scenes it has, or its workflow where the title does not name it. */
export function runAside(run: Pick<RunSummary, 'title' | 'sceneCount' | 'workflowName'>): string {
  if (run.sceneCount > 1) return `, ${run.sceneCount} scenes`;
  return run.workflowName && !run.title.startsWith(run.workflowName) ? `, ${run.workflowName}` : '';
}
