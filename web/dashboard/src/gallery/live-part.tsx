import type { LiveState } from '@comfytrace/client';
import { LinkBanner } from '../frame/link-banner.tsx';
import { QueuePanel, RecentPanel } from '../live/lists.tsx';
import { DeviceTraceChart, type DeviceTraceChartProps } from '../live/device-trace-chart.tsx';
import { LikeScenesChart, type LikeScenesChartProps } from '../live/like-scenes-chart.tsx';
import { CompactScene, RunningScene } from '../live/running-scene.tsx';
import { WorkerCard, WorkerCardSkeleton } from '../live/worker-card.tsx';
import { FirstRun } from '../frame/first-run.tsx';
import { kEta, kGone, kLike, kLikeFew, kLikePartly, kLikeUnknown, kLost, kPolling, kQueued, kStock, liveOf, sampleScene, sampleTrace, sampleWorker } from './live-samples.ts';
import { Part, State } from './part.tsx';
import { film } from './run-samples.ts';
import { summary } from './samples.ts';
import { Stage } from './stage.tsx';

const answers = { '/eta': kEta };
const scene = sampleScene();
const story = { ...film, status: 'executing' as const, finishedAtMs: null, artifacts: film.artifacts.slice(0, 2), scenes: film.scenes.map((each, at) => (at < 2 ? each : { ...each, status: at === 2 ? 'executing' as const : 'queued' as const, exitReason: null })) };
const third = sampleScene({ runId: story.runId, sceneId: story.scenes[2]!.sceneId });
const unseen = sampleScene({ nodeTimesKnown: false, node: null, nodesDone: 0, progress: null, eta: null, etaLow: null, etaHigh: null, gpuUtilization: null });
const kMany = sampleScene({ nodeCount: 240, nodesDone: 97 });
const recent = [summary(0), summary(1, { status: 'failed', exitReason: 'outOfMemory', durationMs: null }), summary(2, { status: 'partial', sceneCount: 6, scenesSucceeded: 4 }), summary(3, { status: 'cancelled', exitReason: 'interrupted', durationMs: null }), summary(4)];

const kExpected = { ms: 317_000, lowMs: 302_000, highMs: 345_000 };
const kGiB = 2 ** 30;

function Trace(props: Partial<DeviceTraceChartProps>) {
  const now = Date.now();
  return <div className="panel"><DeviceTraceChart points={sampleTrace()} totalBytes={24 * kGiB} onCpu={false} startedAtMs={now - 150_000} nowMs={now} {...props} /></div>;
}

function Likes(props: Partial<LikeScenesChartProps>) {
  return <div className="panel pb"><LikeScenesChart state={{ is: 'ready' }} like={kLike} elapsedMs={141_000} expected={kExpected} score="measured: 78 of 100 inside" {...props} /></div>;
}

function Worker({ live }: { live: Partial<LiveState> }) {
  return <Stage answers={answers} live={live}><WorkerCard state={live.workers![0]!} scenes={live.scenes ?? []} /></Stage>;
}

export function LiveParts() {
  return (
    <>
      <Part name="Live: worker" min={380}>
        <State name="streaming, told by the extension"><Worker live={liveOf({}, undefined, { scenes: [scene] })} /></State>
        <State name="connected, stock"><Worker live={liveOf({ ...kStock, state: 'connected' })} /></State>
        <State name="stalled"><Worker live={liveOf({ state: 'stalled', lastEventAtMs: Date.now() - 96_000 })} /></State>
        <State name="disconnected, stale"><Worker live={liveOf(kGone)} /></State>
        <State name="connecting"><Worker live={liveOf({ state: 'connecting', source: 'none', extension: null })} /></State>
        <State name="partial: the extension is outdated"><Worker live={liveOf({ missing: 'this ComfyUI has no progress_registry', extension: { version: '0.0.9', protocol: 1, outdated: true, taps: ['send_sync'], skippedTaps: [{ name: 'progress_registry', reason: 'not in ComfyUI 0.3.12' }], framesDropped: 3, failures: 0, eventCostP50Us: null, eventCostP99Us: null } })} /></State>
        <State name="on the CPU, nothing sampled"><Worker live={{ workers: [sampleWorker('cinder', { ...kStock, state: 'connected' }, { devices: [{ index: 0, name: 'cpu', type: 'cpu', vramTotalBytes: null, vramFreeBytes: null, torchVramTotalBytes: null, torchVramFreeBytes: null }] })] }} /></State>
        <State name="comfytrace itself is lost"><Worker live={liveOf({}, kLost)} /></State>
        <State name="loading"><WorkerCardSkeleton /></State>
        <State name="empty: no worker"><Stage><div className="panel no-worker"><FirstRun place="live" /></div></Stage></State>
      </Part>
      <Part name="Live: running scene" min={760}>
        <State name="streaming" wide><Stage answers={answers} live={liveOf({}, undefined, { scenes: [scene], recent })}><RunningScene scene={scene} /></Stage></State>
        <State name="streaming, third of six scenes" wide><Stage answers={{ ...answers, [`/runs/${story.runId}`]: story }} live={liveOf({}, undefined, { scenes: [third], recent: [summary(0, { runId: story.runId, sceneCount: 6, status: 'executing' })] })}><RunningScene scene={third} /></Stage></State>
        <State name="stalled" wide><Stage answers={answers} live={liveOf({ state: 'stalled' }, undefined, { scenes: [scene] })}><RunningScene scene={scene} /></Stage></State>
        <State name="partial: stock tells no nodes" wide><Stage answers={answers} live={liveOf(kStock, undefined, { scenes: [unseen] })}><RunningScene scene={unseen} /></Stage></State>
        <State name="stale: comfytrace is lost" wide><Stage answers={answers} live={liveOf({}, kLost, { scenes: [scene] })}><RunningScene scene={scene} /></Stage></State>
        <State name="its worker is lost" wide><Stage answers={answers} live={liveOf(kGone, undefined, { scenes: [scene] })}><RunningScene scene={scene} /></Stage></State>
        <State name="too many nodes to draw" wide><Stage answers={answers} live={liveOf({}, kPolling, { scenes: [kMany] })}><RunningScene scene={kMany} /></Stage></State>
        <State name="beside another" wide><Stage answers={answers} live={liveOf()}><CompactScene scene={scene} /></Stage></State>
      </Part>
      <Part name="Live: trace of the device" min={560}>
        <State name="five minutes"><Trace /></State>
        <State name="partial: no sensor of the load, and heard for a minute"><Trace points={sampleTrace({ forS: 60, load: false })} /></State>
        <State name="partial: nothing was told for a while"><Trace points={sampleTrace({ silentFrom: 120, silentTo: 70 })} /></State>
        <State name="stale, disconnected: no word since"><Trace points={sampleTrace({ untilS: 80 })} /></State>
        <State name="on the CPU"><Trace onCpu points={sampleTrace({ load: false })} totalBytes={64 * kGiB} /></State>
        <State name="its size is not known"><Trace totalBytes={null} /></State>
        <State name="empty, loading: nothing told yet"><Trace points={[]} /></State>
      </Part>
      <Part name="Live: among like scenes" min={480}>
        <State name="with an expectation"><Likes /></State>
        <State name="longer already than most"><Likes elapsedMs={318_000} expected={{ ms: 327_000, lowMs: 320_000, highMs: 341_000 }} /></State>
        <State name="longer than any"><Likes elapsedMs={371_000} expected={null} score={null} /></State>
        <State name="no claim of its end"><Likes expected={null} score={null} /></State>
        <State name="partial: some were read, something differs"><Likes like={kLikePartly} /></State>
        <State name="not enough data"><Likes like={kLikeFew} /></State>
        <State name="nothing can be held equal"><Likes like={kLikeUnknown} /></State>
        <State name="loading"><Likes state={{ is: 'loading' }} like={null} /></State>
        <State name="error, disconnected"><Likes state={{ is: 'error', detail: 'comfytrace was not reached', onRetry: () => undefined }} like={null} /></State>
      </Part>
      <Part name="Live: queue and recent runs" min={400}>
        <State name="more than fit"><Stage answers={answers} live={liveOf()}><QueuePanel scenes={kQueued} known /></Stage></State>
        <State name="queue, empty"><Stage><QueuePanel scenes={[]} known /></Stage></State>
        <State name="queue, loading"><Stage answers="never"><QueuePanel scenes={[]} known={false} /></Stage></State>
        <State name="recent"><Stage live={liveOf()}><RecentPanel runs={recent} known /></Stage></State>
        <State name="recent, empty"><Stage><RecentPanel runs={[]} known /></Stage></State>
        <State name="recent, loading"><Stage answers="never"><RecentPanel runs={[]} known={false} /></Stage></State>
      </Part>
      <Part name="Live: the page's own link" min={700}>
        <State name="disconnected" wide><Stage live={{ link: kLost }}><LinkBanner /></Stage></State>
        <State name="polling" wide><Stage live={{ link: kPolling }}><LinkBanner /></Stage></State>
      </Part>
    </>
  );
}
