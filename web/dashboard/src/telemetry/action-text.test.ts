import { expect, it } from 'vitest';
import { cutAtRuns, withoutIds } from './action-text.tsx';

const id = '60792fc8-0d17-4e8a-b6fa-d8edd2782f80';

it('a run that a suggestion names is cut out, by the form of its id or as one of its evidence', () => {
  expect(cutAtRuns(`Compare run ${id} with the one before it`, [])).toEqual(['Compare run ', id, ' with the one before it']);
  expect(cutAtRuns('Compare run take.7 with it', ['take.7', 'x'])).toEqual(['Compare run ', 'take.7', ' with it']);
  expect(cutAtRuns('Fewer steps save most', [id])).toEqual(['Fewer steps save most']);
});

it('where nothing can be opened it is called by its first letters', () => {
  expect(withoutIds(`Compare run ${id} with the one before it`)).toBe('Compare run 60792fc8 with the one before it');
});
