import { useCallback, useSyncExternalStore } from 'react';

// What a person chose for this browser: small values under one prefix. Storage may be forbidden; a choice then lasts as
// long as the page.

const kPrefix = 'comfytrace.';
const kept = new Map<string, unknown>();
const readers = new Set<() => void>();

function read<T>(name: string, otherwise: T): T {
  if (!kept.has(name)) {
    try {
      const text = window.localStorage.getItem(kPrefix + name);
      kept.set(name, text === null ? undefined : (JSON.parse(text) as unknown));
    } catch {
      kept.set(name, undefined);
    }
  }
  const value = kept.get(name);
  return value === undefined || typeof value !== typeof otherwise ? otherwise : (value as T);
}

export function putPref(name: string, value: unknown): void {
  kept.set(name, value);
  try {
    window.localStorage.setItem(kPrefix + name, JSON.stringify(value));
  } catch {
    // see above
  }
  for (const reader of [...readers]) reader();
}

function subscribe(reader: () => void): () => void {
  readers.add(reader);
  return () => readers.delete(reader);
}

/** `otherwise` must be the same object each time. */
export function usePref<T>(name: string, otherwise: T): [T, (value: T) => void] {
  const value = useSyncExternalStore(subscribe, () => read(name, otherwise));
  return [value, useCallback((next: T) => putPref(name, next), [name])];
}

export function pref<T>(name: string, otherwise: T): T {
  return read(name, otherwise);
}

/** Forgets what was read, for tests. */
export function forgetPrefs(): void {
  kept.clear();
}
