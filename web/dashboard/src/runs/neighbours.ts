/** The ids of the list last looked at, so that a run's page knows its neighbours. */
let lastSeenIds: readonly string[] = [];

export function rememberIds(ids: readonly string[]): void {
  lastSeenIds = ids;
}

export function neighbours(runId: string): { before: string | null; after: string | null } {
  const at = lastSeenIds.indexOf(runId);
  if (at < 0) return { before: null, after: null };
  return { before: lastSeenIds[at - 1] ?? null, after: lastSeenIds[at + 1] ?? null };
}
