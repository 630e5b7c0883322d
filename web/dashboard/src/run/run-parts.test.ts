import { describe, expect, it } from 'vitest';
import { firstSentences } from './failure-panel.tsx';
import { nodeClass } from './node-class.ts';
import { ticks } from './ticks.ts';
import { parseTraceback } from './traceback.ts';

describe('traceback', () => {
  it('tells the machinery from the code that failed', () => {
    const frames = parseTraceback([
      '  File "/opt/ComfyUI/execution.py", line 496, in execute\n    output = await get_output_data(\n             ^^^^^^^^^^\n',
      '  File "/opt/ComfyUI/comfy/sd.py", line 669, in decode\n    pixels = self.first_stage_model.decode(x)\n',
      '  File "C:\\\\py\\\\Lib\\\\site-packages\\\\torch\\\\nn\\\\modules\\\\module.py", line 1751, in _wrapped_call_impl\n',
      'something else',
    ]);
    expect(frames.map((frame) => [frame.place, frame.name, frame.code, frame.own])).toEqual([
      ['execution.py:496', 'execute', 'output = await get_output_data(', true],
      ['comfy/sd.py:669', 'decode', 'pixels = self.first_stage_model.decode(x)', false],
      [expect.stringContaining('module.py:1751'), '_wrapped_call_impl', '', false],
      ['', '', 'something else', false],
    ]);
  });
});

describe('long messages', () => {
  it('are cut at a sentence', () => {
    expect(firstSentences('short')).toBe('short');
    expect(firstSentences(`Tried to allocate 20.00 GiB. GPU 0 is full. ${'And so on and on. '.repeat(20)}`)).toMatch(/^Tried to allocate 20\.00 GiB\. GPU 0 is full\./);
    expect(firstSentences('one\ntwo')).toBe('one');
  });
});

describe('node classes', () => {
  it.each([
    ['CheckpointLoaderSimple', 'load'], ['VAELoader', 'load'], ['LoraLoader', 'load'], ['CLIPTextEncode', 'cond'], ['FluxGuidance', 'cond'], ['KSamplerAdvanced', 'sample'],
    ['BasicScheduler', 'sample'], ['VAEDecodeTiled', 'vae'], ['EmptyLatentImage', 'image'], ['LoadImage', 'image'], ['ImageBlur', 'image'], ['SaveImage', 'out'], ['PreviewImage', 'out'],
    ['SaveVideo', 'out'], ['ProbeRaise', 'other'], ['', 'other'],
  ])('%s is %s', (name, kind) => expect(nodeClass(name)).toBe(kind));
});

describe('ticks', () => {
  it('are round, begin at 0 and stay in the span', () => {
    for (const span of [1, 37, 950, 8_300, 357_000, 3_780_000, 90_000_000]) {
      const found = ticks(span, 7);
      expect(found[0]!.ms).toBe(0);
      expect(found.length).toBeLessThanOrEqual(8);
      expect(found.at(-1)!.ms).toBeLessThanOrEqual(span);
    }
    expect(ticks(357_000, 6).map((tick) => tick.word.replace(/\u00a0/g, ' '))).toEqual(['0 s', '1 min', '2 min', '3 min', '4 min', '5 min']);
  });
});
