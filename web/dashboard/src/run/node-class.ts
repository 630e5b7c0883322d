export type NodeClass = 'load' | 'cond' | 'sample' | 'vae' | 'image' | 'out' | 'other';

const kRules: [RegExp, NodeClass][] = [
  [/^(Save|Preview)|(Save|Output)$/, 'out'],
  [/^VAE(?!Loader)|VAE(Decode|Encode)/, 'vae'],
  [/Sampler|Scheduler|Sigmas|Guider|RandomNoise/, 'sample'],
  [/TextEncode|Conditioning|Guidance|ControlNetApply|StyleModelApply/, 'cond'],
  [/^(Empty|Load)?(Image|Mask|Latent|Video)|^Load(Image|Video|Audio)|Empty.*Latent|Upscale|Resize|Crop|CreateVideo|ToVideo|Latent|Image/, 'image'],
  [/Loader|^Load|ModelPatch|Lora/, 'load'],
];

/** The colour class of a node in timelines: what kind of work it does, by the name of its class. */
export function nodeClass(classType: string): NodeClass {
  if (/Loader/.test(classType) && !/^Save/.test(classType)) return 'load';
  for (const [rule, kind] of kRules) {
    if (rule.test(classType)) return kind;
  }
  return 'other';
}

export const classWords: Record<NodeClass, string> = {
  load: 'load', cond: 'conditioning', sample: 'sample', vae: 'VAE', image: 'image', out: 'output', other: 'other',
};
