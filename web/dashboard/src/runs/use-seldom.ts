import { useEffect, useRef, useState } from 'react';

/**
 * A value that may change many times a second, as it was at most `everyMs` ago; the first change shows at once. So does the
 * first one of something else: of what `subject` names.
 */
export function useSeldom<Value>(value: Value, everyMs: number, subject = ''): Value {
  const [shown, setShown] = useState({ value, subject });
  const changedAt = useRef(Number.NEGATIVE_INFINITY);
  const isOther = shown.subject !== subject;
  if (isOther) setShown({ value, subject });
  useEffect(() => {
    if (Object.is(shown.value, value)) return undefined;
    const timer = setTimeout(() => {
      changedAt.current = performance.now();
      setShown({ value, subject });
    }, Math.max(0, changedAt.current + everyMs - performance.now()));
    return () => clearTimeout(timer);
  }, [value, shown, everyMs, subject]);
  return isOther ? value : shown.value;
}
