import { describe, expect, it } from 'vitest';
import {
  deviceName, formatBytes, formatClock, formatCount, formatDuration, formatMemory, formatNumber, formatPercent, formatWhen, plural,
  tickingParts, joinParts, capitalised, fineDurationParts, spokenReasons, unbroken,
} from './format.ts';

const plain = (text: string | null) => text?.replace(/\u00a0/g, ' ').replace(/\u202f/g, '_');

describe('durations', () => {
  it.each([
    [0, '0 s'], [4, '4 ms'], [99, '99 ms'], [100, '0.1 s'], [8_300, '8.3 s'], [9_949, '9.9 s'], [9_950, '10 s'], [48_000, '48 s'],
    [59_499, '59 s'], [59_500, '1m 00s'], [357_000, '5m 57s'], [3_599_499, '59m 59s'], [3_599_500, '1h 00m'], [3_780_000, '1h 03m'],
    [100 * 3_600_000, '100h 00m'], [-1_400, '−1.4 s'],
  ])('%d ms is %s', (ms, words) => expect(plain(formatDuration(ms))).toBe(words));

  it('says nothing of what is not known', () => {
    expect(formatDuration(null)).toBeNull();
    expect(formatDuration(undefined)).toBeNull();
    expect(formatDuration(Number.NaN)).toBeNull();
  });

  it('ticks in whole seconds', () => {
    expect(plain(joinParts(tickingParts(2_900)))).toBe('2 s');
    expect(plain(joinParts(tickingParts(133_999)))).toBe('2m 13s');
    expect(plain(joinParts(tickingParts(-50)))).toBe('0 s');
  });
});

describe('sizes and counts', () => {
  it('gives device memory in GiB with one decimal', () => {
    expect(plain(formatMemory(24 * 2 ** 30))).toBe('24.0 GiB');
    expect(plain(formatMemory(-0.3 * 2 ** 30))).toBe('−0.3 GiB');
    expect(plain(formatMemory(-100))).toBe('0.0 GiB');
    expect(formatMemory(null)).toBeNull();
  });

  it('gives files the unit that fits', () => {
    expect(plain(formatBytes(811 * 2 ** 20))).toBe('811 MiB');
    expect(plain(formatBytes(12 * 1024))).toBe('12 KiB');
    expect(plain(formatBytes(0))).toBe('0 B');
    expect(plain(formatBytes(3 * 2 ** 30))).toBe('3.0 GiB');
  });

  it('parts thousands with a narrow no-break space', () => {
    expect(formatCount(1_003_441)).toBe('1\u202f003\u202f441');
    expect(formatCount(999)).toBe('999');
    expect(formatCount(-1234)).toBe('\u22121\u202f234');
    expect(formatCount(null)).toBeNull();
  });

  it('keeps parameters as they were typed', () => {
    expect(formatNumber(5.5)).toBe('5.5');
    expect(formatNumber(0.1 + 0.2)).toBe('0.3');
    expect(formatNumber(-2)).toBe('\u22122');
  });

  it('counts in words and percents', () => {
    expect(plain(plural(1, 'scene'))).toBe('1 scene');
    expect(plain(plural(1200, 'scene'))).toBe('1_200 scenes');
    expect(plain(formatPercent(0.0031, 1))).toBe('0.3 %');
    expect(formatPercent(null)).toBeNull();
  });
});

describe('times', () => {
  const now = new Date(2026, 10, 22, 15, 0, 0).getTime();
  it('leaves out what is the same as now', () => {
    expect(formatWhen(new Date(2026, 10, 22, 9, 5).getTime(), now)).toBe('09:05');
    expect(plain(formatWhen(new Date(2026, 2, 3, 14, 31).getTime(), now))).toBe('3 Mar 14:31');
    expect(plain(formatWhen(new Date(2024, 2, 3, 14, 31).getTime(), now))).toBe('3 Mar 2024');
    expect(formatClock(new Date(2026, 10, 22, 9, 5, 7).getTime(), true)).toBe('09:05:07');
  });
});

describe('device names', () => {
  it('keeps what tells devices apart', () => {
    expect(deviceName('cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync')).toBe('RTX 4090');
    expect(deviceName('cuda:1 NVIDIA A100-SXM4-80GB : native')).toBe('A100-SXM4-80GB');
    expect(deviceName('mps')).toBe('mps');
  });
});

describe('sentences of the server', () => {
  it('keep a number and its unit on one line, and words that only look like a unit apart', () => {
    expect(unbroken('8 of 32 runs succeeded (25 %), 0 of 5 runs')).toBe('8 of 32\u00a0runs succeeded (25\u00a0%), 0 of 5\u00a0runs');
    expect(unbroken('5 samplers took 3 s')).toBe('5 samplers took 3\u00a0s');
  });
  it('are said with reasons in words and begin with a capital', () => {
    expect(spokenReasons('ended as workerLost')).toBe('ended as worker lost');
    expect(spokenReasons('corrected to success')).toBe('corrected to success');
    expect(capitalised('stock ComfyUI')).toBe('Stock ComfyUI');
    expect(capitalised('127.0.0.1')).toBe('127.0.0.1');
  });
  it('of two durations held against each other show what they differ in', () => {
    const text = (ms: number) => fineDurationParts(ms)!.map((part) => part.value + part.unit).join(' ');
    expect([8_300, 14_960, 15_180, 59_940, 59_960].map(text)).toEqual(['8.3s', '15.0s', '15.2s', '59.9s', '1m 00s']);
    expect(fineDurationParts(null)).toBeNull();
  });
});
