import type { Run, Timeline } from '@comfytrace/client';

// Chrome's trace format (JSON), which ui.perfetto.dev and chrome://tracing read. Times are microseconds.

interface TraceEvent {
  name: string;
  ph: 'X' | 'C' | 'M';
  pid: number;
  tid?: number;
  ts?: number;
  dur?: number;
  cat?: string;
  args: Record<string, unknown>;
}

/** Each scene a process, each attempt a thread, each node a slice; memory and load as counters. */
export function perfettoTrace(run: Run, timeline: Timeline): { displayTimeUnit: 'ms'; traceEvents: TraceEvent[] } {
  const events: TraceEvent[] = [];
  const begin = Math.min(...timeline.attempts.flatMap((attempt) => attempt.startedAtMs ?? []));
  run.scenes.forEach((scene, index) => {
    const pid = index + 1;
    events.push({ name: 'process_name', ph: 'M', pid, args: { name: scene.title || `Scene ${index + 1}` } });
    scene.attempts.forEach((attempt, place) => {
      const told = timeline.attempts.find((each) => each.sceneId === scene.sceneId && each.promptId === attempt.promptId);
      if (!told || told.startedAtMs === null) return;
      const tid = place + 1;
      const us = (offsetMs: number) => (told.startedAtMs! - begin + offsetMs) * 1000;
      events.push({ name: 'thread_name', ph: 'M', pid, tid, args: { name: `attempt ${tid}, ${told.status}` } });
      for (const node of told.nodes) {
        if (node.startOffsetMs === null || node.durationMs === null) continue;
        events.push({
          name: node.classType || `node ${node.nodeId}`, cat: node.state, ph: 'X', pid, tid, ts: us(node.startOffsetMs), dur: node.durationMs * 1000,
          args: { node: node.nodeId, title: node.title, state: node.state, ...(node.vramPeakBytes === null ? {} : { vramPeakBytes: node.vramPeakBytes }) },
        });
      }
      for (const sample of told.samples) {
        const ts = us(sample.atMs - told.startedAtMs);
        if (sample.vramUsedBytes !== null) events.push({ name: `VRAM used, device ${sample.deviceIndex}`, ph: 'C', pid, ts, args: { bytes: sample.vramUsedBytes } });
        if (sample.utilizationRatio !== null) events.push({ name: `GPU load, device ${sample.deviceIndex}`, ph: 'C', pid, ts, args: { ratio: sample.utilizationRatio } });
      }
    });
  });
  return { displayTimeUnit: 'ms', traceEvents: events };
}

/** Hands a text to the browser to be saved. */
export function saveText(name: string, text: string, type = 'application/json'): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
