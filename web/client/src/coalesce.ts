import { sceneKey, type TelemetryUpdate } from './live-types.ts';

/**
 * Waiting updates. Of one execution only the newest of each status waits, so a slow reader costs bounded memory per
 * scene; changes of status all stay, in order. Workers and runs keep only their newest.
 */
export class UpdateQueue {
  private waiting: TelemetryUpdate[] = [];
  private newest = new Map<string, number>();

  get size(): number {
    return this.waiting.length;
  }

  push(update: TelemetryUpdate): void {
    const key = identity(update);
    const at = this.newest.get(key);
    const before = at === undefined ? undefined : this.waiting[at];
    if (at !== undefined && before && replaces(update, before)) {
      this.waiting[at] = update;
      return;
    }
    this.newest.set(key, this.waiting.length);
    this.waiting.push(update);
  }

  take(): TelemetryUpdate[] {
    const taken = this.waiting;
    this.waiting = [];
    this.newest.clear();
    return taken;
  }
}

function identity(update: TelemetryUpdate): string {
  switch (update.kind) {
    case 'scene':
      return `s${sceneKey(update)}`;
    case 'run':
      return `r${update.run.runId}`;
    case 'runDeleted':
      return `r${update.runId}`;
    case 'worker':
      return `w${update.worker.worker.workerId}`;
    case 'alert':
      return `a${update.alert.id}`;
  }
}

function replaces(newer: TelemetryUpdate, older: TelemetryUpdate): boolean {
  if (newer.kind !== older.kind) return false;
  if (newer.kind === 'scene' && older.kind === 'scene') return newer.status === older.status;
  if (newer.kind === 'run' && older.kind === 'run') return newer.run.status === older.run.status;
  if (newer.kind === 'alert' && older.kind === 'alert') {
    return (newer.alert.clearedAtMs === null) === (older.alert.clearedAtMs === null);
  }
  return true;
}
