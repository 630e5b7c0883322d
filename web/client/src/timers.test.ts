import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Timers } from './timers.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('fires once it was left alone for so long, however often it was put off, and is set seldom', () => {
  const timers = new Timers<'probe'>();
  const fired = vi.fn();
  const set = vi.spyOn(globalThis, 'setTimeout');
  for (let frame = 0; frame < 500; frame += 1) {
    timers.arm('probe', 1_000, fired);
    vi.advanceTimersByTime(10);
  }
  expect(fired).not.toHaveBeenCalled();
  expect(set.mock.calls.length).toBeLessThan(10);
  vi.advanceTimersByTime(989);
  expect(fired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(fired).toHaveBeenCalledOnce();
  expect(timers.has('probe')).toBe(false);
});

it('fires earlier when it is asked to, and not at all once cleared', () => {
  const timers = new Timers<'stall'>();
  const late = vi.fn();
  const soon = vi.fn();
  timers.arm('stall', 1_000, late);
  timers.arm('stall', 100, soon);
  vi.advanceTimersByTime(100);
  expect([soon.mock.calls.length, late.mock.calls.length]).toEqual([1, 0]);
  timers.arm('stall', 100, soon);
  timers.clear('stall');
  vi.runAllTimers();
  expect(soon).toHaveBeenCalledOnce();
});
