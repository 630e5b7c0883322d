import { expect, it } from 'vitest';
import { isDragged, rowInSlot, rowWindow, slotOf, stretch } from './list-scale.ts';

const list = { listTop: 30_000, viewPx: 630, rowPx: 30, count: 1_000_000 };

it('draws the rows in sight, and more of them where the list goes', () => {
  expect(rowWindow({ ...list, movedPx: 0 })).toEqual({ first: 991, last: 1030 });
  const down = rowWindow({ ...list, movedPx: 90 });
  const up = rowWindow({ ...list, movedPx: -90 });
  expect(down.last - 1021).toBeGreaterThan(1000 - down.first);
  expect(1000 - up.first).toBeGreaterThan(up.last - 1021);
  for (const { first, last } of [down, up]) expect([first <= 1000, last >= 1021]).toEqual([true, true]);
});

it('draws no row before the first or behind the last', () => {
  expect(rowWindow({ ...list, listTop: 0, movedPx: -900 }).first).toBe(0);
  expect(rowWindow({ ...list, listTop: 30_000_000 - 630, movedPx: 900 }).last).toBe(999_999);
  expect(rowWindow({ ...list, listTop: 0, count: 3, movedPx: 0 })).toEqual({ first: 0, last: 2 });
  expect(rowWindow({ ...list, listTop: 0, count: 0, movedPx: 0 })).toEqual({ first: 0, last: -1 });
});

it('gives a row that comes the place of one that went, all others stay', () => {
  const size = 40;
  const rowsBySlot = (first: number, turn = 0) => Array.from({ length: size }, (_, slot) => rowInSlot(slot, { first, last: first + size - 1 }, size, turn));
  const before = rowsBySlot(991);
  const after = rowsBySlot(994);
  expect(after.filter((row, slot) => row !== before[slot])).toEqual([1031, 1032, 1033].sort((a, b) => slotOf(a, size) - slotOf(b, size)));
  expect(new Set(after).size).toBe(size);
  expect(rowInSlot(slotOf(2, size), { first: 0, last: 1 }, size)).toBe(null);
});

it('lets a row keep its place though rows came in above it', () => {
  for (const turn of [0, 3, -3, -41]) expect(slotOf(500 + 2, 40, turn - 2)).toBe(slotOf(500, 40, turn));
});

it('goes pixel by pixel with the bar at both ends of a list too high for a box', () => {
  const scale = stretch(30_000_000, 700);
  expect(scale.toList(5_000)).toBe(5_000);
  expect(scale.toList(scale.mostBox - 5_000)).toBe(scale.mostList - 5_000);
  for (const top of [0, 400_000, 1_000_000, 7_000_000, 14_500_000, scale.mostBox]) expect(scale.toBox(scale.toList(top))).toBeCloseTo(top, 4);
  expect(scale.toList(7_000_001) - scale.toList(7_000_000)).toBeGreaterThan(2);
});

it('tells a drag of the bar from a wheel', () => {
  const scale = stretch(30_000_000, 640);
  expect(isDragged(800, scale, 640)).toBe(false);
  expect(isDragged(15_000_000 / 640, scale, 640)).toBe(true);
});
