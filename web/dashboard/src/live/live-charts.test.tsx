import { fireEvent, render, screen } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { kLike, kLikeFew, kLikePartly, kLikeUnknown, sampleTrace } from '../gallery/live-samples.ts';
import { DeviceTraceChart } from './device-trace-chart.tsx';
import { LikeScenesChart } from './like-scenes-chart.tsx';

const kGiB = 2 ** 30;

describe('the trace of the device', () => {
  const points = sampleTrace();
  const nowMs = points.at(-1)!.atMs;
  const draw = (change: Partial<Parameters<typeof DeviceTraceChart>[0]>) => render(<DeviceTraceChart points={points} totalBytes={24 * kGiB} onCpu={false} startedAtMs={null} nowMs={nowMs} {...change} />);

  it('says memory and load with their units', () => {
    draw({});
    expect(screen.getByRole('img').getAttribute('aria-label')).toMatch(/^Device, the last 5 minutes: VRAM \d+\.\d.GiB of 24\.0.GiB, GPU \d+.%$/);
  });

  it('says what is not told, and since when it listens', () => {
    draw({ points: sampleTrace({ forS: 60, load: false }), totalBytes: null });
    expect(screen.getByText('GPU: no sensor')).toBeTruthy();
    expect(screen.getByText(/^since \d\d:\d\d:\d\d, heard by this page$/)).toBeTruthy();
  });

  it('says since when there was no word', () => {
    draw({ points: sampleTrace({ untilS: 80 }) });
    expect(screen.getByText(/^no word since \d\d:\d\d:\d\d$/).className).toContain('warn');
  });

  it('draws nothing where nothing was told', () => {
    draw({ points: [] });
    expect(screen.queryByRole('img')).toBeNull();
    expect(screen.getByText(/No sample in the last 5.minutes/)).toBeTruthy();
  });

  it('speaks of no GPU on the CPU', () => {
    draw({ onCpu: true, points: sampleTrace({ load: false }) });
    expect(screen.queryByText(/GPU/)).toBeNull();
    expect(screen.getByText(/^Memory \d/)).toBeTruthy();
  });
});

describe('a scene among like ones', () => {
  const draw = (change: Partial<Parameters<typeof LikeScenesChart>[0]>) => render(<LikeScenesChart state={{ is: 'ready' }} like={kLike} elapsedMs={100_000} expected={{ ms: 317_000, lowMs: 302_000, highMs: 345_000 }} score="measured: 78 of 100 inside" {...change} />);

  it('says how many there are, what was held equal, and where it stands', () => {
    const { container } = draw({});
    expect(screen.getByText(/^How long 42.like scenes took$/)).toBeTruthy();
    expect(screen.getByText(/^expected to take longer than \d+ of 42; held equal: workflow, model files, size of work, GPU$/)).toBeTruthy();
    expect(screen.getByText(/^shaded: 80.%, measured: 78 of 100 inside$/)).toBeTruthy();
    expect(container.querySelectorAll('circle')).toHaveLength(42);
  });

  it('says what differs, and how many were read', () => {
    draw({ like: kLikePartly });
    expect(screen.getByText(/differs: ComfyUI version; 12 of 42 read$/)).toBeTruthy();
  });

  it('makes no guess from too few, and says why', () => {
    const { container } = draw({ like: kLikeFew });
    expect(screen.getByText(/Not enough data: 3 of 6.like scenes/)).toBeTruthy();
    expect(container.querySelector('svg[role=img]')).toBeNull();
    draw({ like: kLikeUnknown });
    expect(screen.getByText(/the size of its work is not known/)).toBeTruthy();
  });

  it('shades nothing without a claim', () => {
    const { container } = draw({ expected: null });
    expect(container.querySelector('.likes-band')).toBeNull();
    expect(screen.queryByText(/shaded/)).toBeNull();
  });

  it('can be asked for again where it was not read', () => {
    const onRetry = vi.fn();
    draw({ like: null, state: { is: 'error', detail: 'comfytrace was not reached', onRetry } });
    fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(onRetry).toHaveBeenCalledOnce();
  });
});
