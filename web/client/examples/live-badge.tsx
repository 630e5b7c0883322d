import { connectComfytrace, freshnessOf } from '@comfytrace/client';
import { useRealtimeTelemetry } from '@comfytrace/client/react';
import { useEffect, useMemo } from 'react';

/** What runs right now, of a comfytrace anywhere. */
export function LiveBadge({ url }: { url: string }) {
  const comfytrace = useMemo(() => connectComfytrace({ url }), [url]);
  useEffect(() => {
    comfytrace.live.manager.connect();
    return () => comfytrace.live.manager.close();
  }, [comfytrace]);
  const { link, scenes, known } = useRealtimeTelemetry(comfytrace.live);
  const fresh = freshnessOf(link, Date.now());
  if (!known) return <p>{fresh.state}</p>;
  const running = scenes.find((scene) => scene.status === 'executing');
  return (
    <p>
      {fresh.state}: {running ? `${running.runTitle}, ${Math.round((running.progress ?? 0) * 100)} %` : 'nothing runs'}
    </p>
  );
}
