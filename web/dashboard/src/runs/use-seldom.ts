import { useEffect, useRef, useState } from 'react';

/** A value that may change many times a second, as it was at most `everyMs` ago; the first change shows at once. */
export function useSeldom<Value>(value: Value, everyMs: number): Value {
  const [shown, setShown] = useState(value);
  const changedAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    if (Object.is(shown, value)) return undefined;
    const timer = setTimeout(() => {
      changedAt.current = performance.now();
      setShown(value);
    }, Math.max(0, changedAt.current + everyMs - performance.now()));
    return () => clearTimeout(timer);
  }, [value, shown, everyMs]);
  return shown;
}
