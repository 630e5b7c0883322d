import { filterOfQuery, runsAddress, ApiClient } from '@comfytrace/client';
import { afterEach, expect, it, vi } from 'vitest';
import { askEarly, earlyAnswered, fetchOrTakeUp, fetchPatiently, takeEarly } from './early-answers.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function serve() {
  const asked = vi.fn(async (address: string) => Response.json({ runs: [], nextCursor: null, total: 7, address }));
  vi.stubGlobal('fetch', asked);
  return asked;
}
const filter = filterOfQuery('status=failed&text=red coat');

it('is taken up by the client that asks the same, once', async () => {
  const asked = serve();
  askEarly(runsAddress(filter, { limit: 100, sort: 'newest', offset: 0 }));
  const api = new ApiClient({ fetch: fetchOrTakeUp });
  expect((await api.runs(filter, { limit: 100, sort: 'newest' })).total).toBe(7);
  expect(asked).toHaveBeenCalledOnce();
  await api.runs(filter, { limit: 100, sort: 'newest' });
  expect(asked).toHaveBeenCalledTimes(2);
});

it('answers no other question, and none with what is old', async () => {
  vi.useFakeTimers();
  const asked = serve();
  askEarly(runsAddress(filter, { limit: 100 }));
  const api = new ApiClient({ fetch: fetchOrTakeUp });
  await api.runs(filter, { limit: 100, sort: 'longest' });
  expect(asked).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(11_000);
  await api.runs(filter, { limit: 100 });
  expect(asked).toHaveBeenCalledTimes(3);
});

it('fails where the early question failed, as the late one would', async () => {
  vi.stubGlobal('fetch', vi.fn(async () => Promise.reject(new TypeError('no network'))));
  askEarly(runsAddress({}, { limit: 100 }));
  await expect(new ApiClient({ fetch: fetchOrTakeUp }).runs({}, { limit: 100 })).rejects.toThrow('comfytrace was not reached');
});

it('is there to be drawn at once when it was answered, once', async () => {
  serve();
  const address = runsAddress(filter, { limit: 100 });
  askEarly(address);
  expect(takeEarly(address)).toBe(null);
  await earlyAnswered();
  expect(takeEarly<{ total: number }>(address)?.value.total).toBe(7);
  expect(takeEarly(address)).toBe(null);
});

it('gives nothing to draw where the server refused, and the client hears why', async () => {
  vi.stubGlobal('fetch', vi.fn(async () => Response.json({ detail: 'no such sort' }, { status: 400 })));
  const address = runsAddress({}, { limit: 100 });
  askEarly(address);
  await earlyAnswered();
  expect(takeEarly(address)).toBe(null);
  await expect(new ApiClient({ fetch: fetchOrTakeUp }).runs({}, { limit: 100 })).rejects.toThrow('no such sort');
});

it('lets what nobody asked ahead wait until the view was seen, where it has something to show', async () => {
  const asked = serve();
  let seen = () => undefined as void;
  const painted = new Promise<void>((done) => {
    seen = done;
  });
  await fetchPatiently(() => painted)('/api/v1/health');
  expect(asked).toHaveBeenCalledTimes(1);
  askEarly('/api/v1/runs?limit=100');
  const patient = fetchPatiently(() => painted);
  await patient('/api/v1/runs?limit=100');
  const later = patient('/api/v1/health');
  await Promise.resolve();
  expect(asked).toHaveBeenCalledTimes(2);
  seen();
  await later;
  expect(asked).toHaveBeenCalledTimes(3);
});
