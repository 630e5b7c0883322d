import type { Attempt, NodeExecution, Run, RunArtifact, RunSummary, Timeline } from '@comfytrace/client';
import { chosenOf, type Chosen } from '../run/choice.ts';
import { kNow, noise, sampleRun, summary } from './samples.ts';

// A film of six scenes, its timeline and what it put out.

const kGiB = 2 ** 30;
const kPicture = (hue: number) => `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 144"><rect width="256" height="144" fill="hsl(${hue} 22% 24%)"/><circle cx="180" cy="46" r="20" fill="hsl(${hue} 40% 70%)"/><path d="M0 144 90 66l52 46 44-28 70 60z" fill="hsl(${hue} 24% 14%)"/></svg>`)}`;

export function artifact(index: number, change: Partial<RunArtifact> = {}): RunArtifact {
  return {
    nodeId: '9', filename: `keeper_${String(index).padStart(5, '0')}_.png`, subfolder: '', type: 'output', kind: 'image', text: null, cached: false, index, sceneId: `scene-00${(index % 6) + 1}`, promptId: `p${index}-0`, url: kPicture((index * 37) % 360), ...change,
  };
}

export const film: Run = sampleRun({ artifacts: Array.from({ length: 6 }, (_, at) => artifact(at)) });
export const kManyPut: Run = sampleRun({ artifacts: Array.from({ length: 120 }, (_, at) => artifact(at)) });
export const kOtherKinds: Run = sampleRun({
  artifacts: [
    artifact(0), artifact(1, { cached: true }), artifact(2, { type: 'temp' }), artifact(3, { kind: 'text', filename: '', text: 'a lighthouse keeper climbs the stair, lamp in hand', url: null }),
    artifact(4, { kind: 'audio', filename: 'wind.flac', url: null }), artifact(5, { kind: 'other', filename: 'depth.exr', url: null }),
  ],
});

const kNodes: readonly (readonly [string, string, NodeExecution['state'], number, number, number | null])[] = [
  ['1', 'UNETLoader', 'cached', 0, 0, null], ['2', 'CLIPLoader', 'cached', 0, 0, null], ['4', 'CLIPTextEncode', 'finished', 120, 840, 8.2], ['5', 'CLIPTextEncode', 'finished', 960, 410, 8.2],
  ['7', 'WanImageToVideo', 'finished', 1_380, 3_900, 10.4], ['13', 'KSampler', 'finished', 5_280, 261_000, 21.8], ['15', 'VAEDecode', 'finished', 266_300, 82_000, 23.6], ['16', 'CreateVideo', 'finished', 348_300, 2_100, 9.1], ['17', 'SaveVideo', 'finished', 350_400, 6_600, 9.1],
];
function nodesOf(change: (at: number) => Partial<NodeExecution> = () => ({})): NodeExecution[] {
  return kNodes.map(([nodeId, classType, state, start, took, peak], at) => ({
    nodeId, displayNodeId: nodeId, parentNodeId: null, classType, title: '', state, startOffsetMs: state === 'cached' ? null : start, durationMs: state === 'cached' ? null : took, progressValue: null, progressMax: null,
    vramPeakBytes: peak === null ? null : peak * kGiB, ...change(at),
  }));
}

export function timelineOf(run: Run, nodes: NodeExecution[] = nodesOf(), sampled = true): Timeline {
  const random = noise(3);
  return {
    runId: run.runId,
    attempts: run.scenes.flatMap((scene) => scene.attempts.map((attempt) => ({
      sceneId: scene.sceneId, promptId: attempt.promptId, workerId: attempt.workerId, status: attempt.status, startedAtMs: kNow, finishedAtMs: attempt.finishedAtMs === null ? null : kNow + 357_000, durationMs: attempt.durationMs, nodeTimesKnown: attempt.nodeTimesKnown,
      nodes, samples: sampled ? Array.from({ length: 60 }, (_, at) => {
        const used = (at < 2 ? 8 : at < 45 ? 21 : at < 58 ? 23.4 : 9) * kGiB + random() * 2 ** 28;
        return { atMs: kNow + at * 6_000, deviceIndex: 0, vramUsedBytes: used, vramFreeBytes: 24 * kGiB - used, utilizationRatio: 0.97, temperatureCelsius: 71, powerWatts: 410 };
      }) : [],
    }))),
  };
}
export const kTimeline = timelineOf(film);
export const kLongTimeline = timelineOf(film, Array.from({ length: 160 }, (_, at) => ({ ...nodesOf()[5]!, nodeId: String(at), displayNodeId: String(at), classType: at % 3 === 0 ? 'KSampler' : 'ImageScale', startOffsetMs: at * 2_200, durationMs: 900 + (at % 7) * 180 })));

const failing: Partial<Attempt> = {
  status: 'failed', exitReason: 'outOfMemory', durationMs: 9_100,
  failure: {
    nodeId: '15', nodeType: 'VAEDecode', exceptionType: 'torch.OutOfMemoryError', message: 'Allocation on device 0 would exceed allowed memory. Currently allocated: 21.8 GiB, requested: 6.1 GiB.',
    traceback: ['  File "/opt/comfyui/execution.py", line 496, in execute\n', '  File "/opt/comfyui/nodes.py", line 295, in decode\n    images = vae.decode(samples["samples"])\n', '  File "/opt/comfyui/custom_nodes/film/vae.py", line 88, in decode\n    return self.first_stage(latent)\n'],
  },
};
export const kFailed: Run = sampleRun({ status: 'failed', exitReason: 'outOfMemory', durationMs: 9_100 }, (scene) => (scene === 1 ? [failing, failing] : [{}]));
kFailed.scenes[0] = { ...kFailed.scenes[0]!, status: 'failed', exitReason: 'outOfMemory' };
export const kRefused: Run = sampleRun({ status: 'failed', exitReason: 'validationError' }, () => [{
  status: 'failed', exitReason: 'validationError', startedAtMs: null, durationMs: null, nodeTimesKnown: false,
  validationErrors: [{ nodeId: '4', classType: 'CheckpointLoaderSimple', type: 'value_not_in_list', message: 'Value not in list', details: "ckpt_name: 'sd_xl_base_1.1.safetensors' not in ['sd_xl_base_1.0.safetensors']" }],
}]);
kRefused.scenes.length = 1;
export const kUnseen: Run = sampleRun({}, () => [{ nodeTimesKnown: false, origin: 'backfilled', nodeCount: 0 }]);
export const kOpenRun: Run = sampleRun({ status: 'executing', exitReason: null, finishedAtMs: null, durationMs: null, artifacts: [], startedAtMs: Date.now() - 855_000 });
kOpenRun.scenes = kOpenRun.scenes.map((scene, at) => (at < 2 ? scene : { ...scene, status: at === 2 ? 'executing' : 'queued', exitReason: null }));
export const kManyScenes: Run = sampleRun({ scenes: Array.from({ length: 260 }, (_, at) => ({ ...film.scenes[at % 6]!, sceneId: `scene-${at + 1}`, title: `Take ${at + 1}` })) });

export function choiceOf(run: Run): Chosen {
  return chosenOf(run, { sceneId: null, attempt: null, artifact: null })!;
}
const random = noise(9);
export const likeRuns: RunSummary[] = Array.from({ length: 42 }, (_, at) => summary(at + 5, { durationMs: Math.round(1_796_000 * (1 + (random() - 0.5) * 0.05)), vramPeakBytes: (22.1 + random() * 0.4) * kGiB }));
