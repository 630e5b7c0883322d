// What the server says of workers names them by id; people know them by name.

const kId = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
/** What of an answer is words for people. Whatever else holds an id keeps it: it is asked for by it. */
const kSpoken = new Set(['sentence', 'explanation', 'message', 'before', 'after', 'thisRun', 'cohort']);

/** The same words, with names in place of the ids of workers that have one. */
export function namedIn(text: string, names: ReadonlyMap<string, string>): string {
  return text.replace(kId, (id) => names.get(id.toLowerCase()) ?? id);
}

/** The same answer, with names in its words. What has none in it stays the same object. */
export function withWorkerNames<Answer>(answer: Answer, names: ReadonlyMap<string, string>, spoken = false): Answer {
  if (names.size === 0) return answer;
  if (typeof answer === 'string') return (spoken ? namedIn(answer, names) : answer) as Answer;
  // Series are long and hold numbers alone.
  if (typeof answer !== 'object' || answer === null || (Array.isArray(answer) && typeof answer[0] !== 'object')) return answer;
  let changed = false;
  const named = Object.entries(answer).map(([key, value]) => {
    const next: unknown = withWorkerNames(value, names, kSpoken.has(key));
    changed ||= next !== value;
    return [key, next] as const;
  });
  if (!changed) return answer;
  return (Array.isArray(answer) ? named.map(([, value]) => value) : Object.fromEntries(named)) as Answer;
}
