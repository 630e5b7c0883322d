import { useEffect, useRef } from 'react';

/** Keys while a dialog is open, where the page's own are off. A text that is typed into keeps its keys. */
export function useKeysInDialog(keys: Record<string, (event: KeyboardEvent) => void>): void {
  const mine = useRef(keys);
  mine.current = keys;
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if ((event.target as HTMLElement | null)?.closest?.('input, textarea, select')) return;
      const act = mine.current[event.key];
      if (!act) return;
      act(event);
      event.preventDefault();
    };
    window.addEventListener('keydown', hear);
    return () => window.removeEventListener('keydown', hear);
  }, []);
}
