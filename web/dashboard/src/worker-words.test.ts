import { expect, it } from 'vitest';
import { namedIn, withWorkerNames } from './worker-words.ts';

const kAtlas = 'a636f065-ee37-526d-bfd1-3fbef65a8ae5';
const kOther = '00000000-1111-2222-3333-444444444444';
const names = new Map([[kAtlas, 'atlas']]);

it('names a worker that has a name, and leaves any other id', () => {
  expect(namedIn(`18 % slower; there worker went from ${kAtlas} to ${kOther}`, names)).toBe(`18 % slower; there worker went from atlas to ${kOther}`);
});

it('names workers in the words of an answer and leaves what it is asked for by', () => {
  const answer = {
    sentence: `on ${kAtlas}`, workerId: kAtlas, runIds: [kAtlas], series: { y: [1, null] },
    cohort: { notEqual: [{ what: 'worker', thisRun: kAtlas, cohort: `${kAtlas} in 3 of 4` }], runIds: [kAtlas] }, steps: [{ whatChanged: [{ what: 'worker', before: kAtlas, after: kOther }] }],
  };
  expect(withWorkerNames(answer, names)).toEqual({
    sentence: 'on atlas', workerId: kAtlas, runIds: [kAtlas], series: { y: [1, null] },
    cohort: { notEqual: [{ what: 'worker', thisRun: 'atlas', cohort: 'atlas in 3 of 4' }], runIds: [kAtlas] }, steps: [{ whatChanged: [{ what: 'worker', before: 'atlas', after: kOther }] }],
  });
});

it('is the same object where there is nothing to name', () => {
  const answer = { sentence: 'no evidence', runIds: [kAtlas], steps: [{ sentence: 'none' }] };
  expect(withWorkerNames(answer, names)).toBe(answer);
  expect(withWorkerNames({ sentence: kAtlas }, new Map()).sentence).toBe(kAtlas);
});
