import { expect, it } from 'vitest';
import { film } from '../gallery/run-samples.ts';
import { scenesAbout } from './film-strip.tsx';

it('of many scenes shows those about the one that runs, and says which they are', () => {
  const many = { ...film, scenes: Array.from({ length: 40 }, (_, at) => ({ ...film.scenes[0]!, sceneId: `s${at}` })) };
  const names = (id: string) => { const { first, scenes } = scenesAbout(many, id, 4); return [first, ...scenes.map((scene) => scene.sceneId)]; };
  expect(names('s0')).toEqual([0, 's0', 's1', 's2', 's3']);
  expect(names('s20')).toEqual([18, 's18', 's19', 's20', 's21']);
  expect(names('s39')).toEqual([36, 's36', 's37', 's38', 's39']);
  expect(scenesAbout({ ...film, scenes: film.scenes.slice(0, 2) }, 'gone', 4)).toMatchObject({ first: 0 });
});
