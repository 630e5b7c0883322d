import { filterOfQuery, runsAddress, ApiClient } from '@comfytrace/client';
import { afterEach, expect, it, vi } from 'vitest';
import { askEarly, fetchOrTakeUp } from './early-answers.ts';

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
