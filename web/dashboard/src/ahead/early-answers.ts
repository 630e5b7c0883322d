// Questions that a view is sure to ask are sent before its script is there; the view takes their answers up.

const kKeptMs = 10_000;
const early = new Map<string, { answer: Promise<Response>; atMs: number }>();

export function askEarly(address: string): void {
  const answer = fetch(address, { headers: { Accept: 'application/json' } });
  // Whoever takes it up hears of it.
  answer.catch(() => undefined);
  early.set(address, { answer, atMs: performance.now() });
}

/** For an `ApiClient`: an answer that was asked for ahead is given once, while it is fresh. */
export const fetchOrTakeUp: typeof fetch = (input, init) => {
  const address = String(input);
  const found = early.get(address);
  early.delete(address);
  if (!found || (init?.method ?? 'GET') !== 'GET' || performance.now() - found.atMs > kKeptMs) return fetch(input, init);
  return found.answer;
};
