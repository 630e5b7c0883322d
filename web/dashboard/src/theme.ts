import { useSyncExternalStore } from 'react';

export type Theme = 'dark' | 'light';

const kKey = 'comfytrace.theme';
const readers = new Set<() => void>();

function kept(): Theme | null {
  try {
    const word = window.localStorage.getItem(kKey);
    return word === 'dark' || word === 'light' ? word : null;
  } catch {
    return null;  // storage may be forbidden; the theme then lasts as long as the page
  }
}

/** Before the first render, so that the page never shows the other theme. Dark unless chosen otherwise. */
export function applyKeptTheme(): void {
  document.documentElement.dataset['theme'] = kept() ?? 'dark';
  // Paper is light: what is painted, not styled, has to be painted for it.
  let before: string | undefined;
  window.addEventListener('beforeprint', () => {
    before = document.documentElement.dataset['theme'];
    document.documentElement.dataset['theme'] = 'light';
    for (const reader of [...readers]) reader();
  });
  window.addEventListener('afterprint', () => {
    if (before !== undefined) document.documentElement.dataset['theme'] = before;
    for (const reader of [...readers]) reader();
  });
}

function current(): Theme {
  return document.documentElement.dataset['theme'] === 'light' ? 'light' : 'dark';
}

export function toggleTheme(): void {
  const next: Theme = current() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = next;
  try {
    window.localStorage.setItem(kKey, next);
  } catch {
    // see above
  }
  for (const reader of [...readers]) reader();
}

export function useTheme(): Theme {
  return useSyncExternalStore((reader) => {
    readers.add(reader);
    return () => readers.delete(reader);
  }, current);
}
