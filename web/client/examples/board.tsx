import { connectComfytrace } from '@comfytrace/client';
import { useRealtimeTelemetry, useRunHistory } from '@comfytrace/client/react';

const comfytrace = connectComfytrace({ url: 'http://127.0.0.1:8199' });
comfytrace.live.manager.connect();

/** What runs now, and what ran before; a run that ends moves from the one to the other. */
export function Board() {
  const { scenes } = useRealtimeTelemetry(comfytrace.live);
  const history = useRunHistory(comfytrace);
  return (
    <>
      <ul aria-label="Running">{scenes.map((scene) => <li key={scene.promptId}>{scene.runTitle}: {scene.status}</li>)}</ul>
      <ul aria-label="Before">{history.runs.map((run) => <li key={run.runId}>{run.title}: {run.durationMs ?? 'no'} ms</li>)}</ul>
    </>
  );
}
