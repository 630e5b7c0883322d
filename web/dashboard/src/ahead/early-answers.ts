// Questions that a view is sure to ask are sent before its script is there; the view takes their answers up.

const kKeptMs = 10_000;

interface Early {
  answer: Promise<Response>;
  /** Of an answer that is there. */
  value: unknown;
  askedMs: number;
  tookMs: number;
  whenRead: Promise<void>;
}

/** Two scripts that share nothing else hold it in common: the one that asks and the page's. */
const kShared = Symbol.for('comfytrace.early');
const early = ((globalThis as { [kShared]?: Map<string, Early> })[kShared] ??= new Map());

export function askEarly(address: string): void {
  const askedMs = performance.now();
  const answer = fetch(address, { headers: { Accept: 'application/json' } });
  const asked: Early = { answer, value: undefined, askedMs, tookMs: 0, whenRead: Promise.resolve() };
  const read = async () => {
    const response = await answer;
    const value: unknown = response.ok ? await response.clone().json() : undefined;
    Object.assign(asked, { value, tookMs: Math.round(performance.now() - askedMs) });
  };
  // Whoever takes it up hears of what failed.
  asked.whenRead = read().catch(() => undefined);
  early.set(address, asked);
}

/** Until all that was asked ahead is answered. */
export async function earlyAnswered(): Promise<void> {
  await Promise.all([...early.values()].map(({ whenRead }) => whenRead));
}

/** An answer that is there already, once, while it is fresh. */
export function takeEarly<Answer>(address: string): { value: Answer; tookMs: number } | null {
  const found = early.get(address);
  if (found?.value === undefined || performance.now() - found.askedMs > kKeptMs) return null;
  early.delete(address);
  return { value: found.value as Answer, tookMs: found.tookMs };
}

/** For an `ApiClient`: an answer that was asked for ahead is given once, while it is fresh. */
export const fetchOrTakeUp: typeof fetch = (input, init) => {
  const address = String(input);
  const found = early.get(address);
  early.delete(address);
  if (!found || (init?.method ?? 'GET') !== 'GET' || performance.now() - found.askedMs > kKeptMs) return fetch(input, init);
  return found.answer;
};

/** The same, where a view that has what it shows first is painted before anything else is asked. */
export function fetchPatiently(afterFirstPaint: () => Promise<void>): typeof fetch {
  const has = early.size > 0;
  return async (input, init) => {
    if (has && !early.has(String(input))) await afterFirstPaint();
    return fetchOrTakeUp(input, init);
  };
}
