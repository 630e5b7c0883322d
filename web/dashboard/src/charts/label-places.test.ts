import { expect, it } from 'vitest';
import { labelPlaces } from './label-places.ts';

it('labels stand right of their marks, and left of them near the end', () => {
  expect(labelPlaces([100, 900], 0, 1000).map((place) => place.before)).toEqual([false, true]);
});

it('two labels in one gap share it', () => {
  const [first, last] = labelPlaces([100, 900], 0, 1000);
  expect(first!.room + last!.room).toBeLessThanOrEqual(800);
  expect(first!.room).toBe(last!.room);
});

it('where a gap is too narrow for two, the newer one speaks', () => {
  const [first, last] = labelPlaces([100, 270], 0, 300);
  expect(first!.room).toBe(0);
  expect(last!.room).toBe(154);
});

it('the newest is always said, and no older one across it', () => {
  expect(labelPlaces([280, 290], 0, 300).map((place) => place.room)).toEqual([0, 120]);
  expect(labelPlaces([150, 160, 170], 0, 300).map((place) => place.room > 0)).toEqual([false, false, true]);
});

it('many with room for each are all said', () => {
  expect(labelPlaces([10, 210, 410], 0, 1000).map((place) => place.room)).toEqual([184, 184, 574]);
});
