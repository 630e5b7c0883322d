import { act, renderHook } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { useSeldom } from './use-seldom.ts';

afterEach(() => vi.useRealTimers());

it('follows a value that changes all the time, seldom, and ends at the last', () => {
  vi.useFakeTimers();
  const seen = new Set<number>();
  const { result, rerender } = renderHook(({ value }) => useSeldom(value, 3_000), { initialProps: { value: 0 } });
  for (let value = 1; value <= 100; value += 1) {
    rerender({ value });
    act(() => void vi.advanceTimersByTime(100));
    seen.add(result.current);
  }
  expect(seen.size).toBeGreaterThan(2);
  expect(seen.size).toBeLessThan(7);
  act(() => void vi.advanceTimersByTime(3_000));
  expect(result.current).toBe(100);
});

it('shows another subject at once', () => {
  vi.useFakeTimers();
  const { result, rerender } = renderHook(({ value, subject }) => useSeldom(value, 3_000, subject), { initialProps: { value: 1, subject: 'a' } });
  rerender({ value: 2, subject: 'a' });
  act(() => void vi.advanceTimersByTime(100));
  rerender({ value: 3, subject: 'a' });
  expect(result.current).toBe(2);
  rerender({ value: 4, subject: 'b' });
  expect(result.current).toBe(4);
});
