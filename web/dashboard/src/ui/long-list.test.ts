import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { slotOf } from './list-scale.ts';
import { LongList } from './long-list.ts';

let list: LongList;
let box: HTMLElement;
let detach: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  list = new LongList();
  box = document.body.appendChild(document.createElement('div'));
  list.fit({ count: 1_000_000, rowPx: 30, headPx: 28 });
  detach = list.attach(box);
  vi.runAllTimers();
});
afterEach(() => {
  detach();
  box.remove();
  vi.useRealTimers();
});

function scrollTo(top: number) {
  box.scrollTop = top;
  box.dispatchEvent(new Event('scroll'));
}
/** Where row `index` is seen below the top of the box. */
const seenAt = (index: number) => list.get().layerTop + index * 30 - list.get().basePx - box.scrollTop;

it('moves the list as far as a wheel says, however long it is', () => {
  list.toRow(500_000);
  vi.runAllTimers();
  const before = list.top;
  for (let turn = 1; turn <= 10; turn += 1) scrollTo(box.scrollTop + 400);
  expect(list.top - before).toBe(4_000);
});

it('brings the bar to where it belongs at rest, and nothing is seen to move', () => {
  list.toRow(500_000);
  vi.runAllTimers();
  for (let turn = 1; turn <= 10; turn += 1) scrollTo(box.scrollTop + 400);
  const [row, at, bar] = [list.get().first, seenAt(list.get().first), box.scrollTop];
  vi.runAllTimers();
  expect(box.scrollTop).toBeLessThan(bar - 1_000);
  expect(seenAt(row)).toBe(at);
});

it('goes to the last row when the bar is dragged to its end', () => {
  scrollTo(15_000_000 - 672);
  expect(list.get().last).toBe(999_999);
  expect(list.top).toBe(30_000_000 - 672);
  expect(seenAt(999_999)).toBe(672 - 30);
});

it('leaves the order of the document alone while the list moves, and mends it at rest', () => {
  const order = list.get().order;
  scrollTo(900);
  expect(list.get().order).toBe(order);
  expect(list.get().first).toBeGreaterThan(0);
  vi.runAllTimers();
  const { first, slots } = list.get();
  expect(list.get().order[0]).toBe(first % slots);
});

it('leaves the order of the document alone while rows come in, and mends it when none has come for a while', () => {
  const { order } = list.get();
  for (let turn = 1; turn <= 5; turn += 1) {
    list.turnTo(-turn);
    vi.advanceTimersByTime(500);
  }
  expect(list.get().order).toBe(order);
  vi.runAllTimers();
  expect(list.get().order).not.toEqual(order);
  expect(list.get().order[0]).toBe(slotOf(0, list.get().slots, -5));
});

it('keeps the order while the focus is in a row', () => {
  const link = box.appendChild(document.createElement('button'));
  link.focus();
  const order = list.get().order;
  scrollTo(900);
  vi.runAllTimers();
  expect(list.get().order).toBe(order);
});

it('draws little more than is in sight at first, the rest once that has been seen', () => {
  const fresh = new LongList();
  fresh.fit({ count: 1_000_000, rowPx: 30, headPx: 28 });
  const off = fresh.attach(box);
  const few = fresh.get().order;
  expect(few.length * 30).toBeGreaterThanOrEqual(672);
  vi.runAllTimers();
  expect(fresh.get().order.length).toBeGreaterThan(few.length + 10);
  expect(fresh.get().order.slice(0, few.length)).toEqual(few);
  off();
});

it('tells when it has come to rest, once', () => {
  const rested = vi.fn();
  list.onRest(rested);
  for (let top = 100; top <= 500; top += 100) {
    scrollTo(top);
    vi.advanceTimersByTime(100);
    expect(rested).not.toHaveBeenCalled();
  }
  vi.runAllTimers();
  expect(rested).toHaveBeenCalledOnce();
});
