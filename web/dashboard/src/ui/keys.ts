import { useEffect, useRef } from 'react';

function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element?.closest?.('input, textarea, select, [contenteditable=true]');
}

/** Single keys, and pairs such as `g l`, while nothing is typed into and no dialog is open. */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    let prefix = '';
    let prefixTimer: ReturnType<typeof setTimeout> | undefined;
    const hear = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (typing(event.target) || document.querySelector('dialog[open]')) return;
      const name = prefix ? `${prefix} ${event.key}` : event.key;
      clearTimeout(prefixTimer);
      prefix = '';
      const act = current.current[name];
      if (act) {
        event.preventDefault();
        act(event);
      } else if (Object.keys(current.current).some((key) => key.startsWith(`${event.key} `))) {
        prefix = event.key;
        prefixTimer = setTimeout(() => (prefix = ''), 1200);
      }
    };
    window.addEventListener('keydown', hear);
    return () => {
      window.removeEventListener('keydown', hear);
      clearTimeout(prefixTimer);
    };
  }, []);
}
