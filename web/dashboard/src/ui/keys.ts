import { useEffect, useRef } from 'react';
import { pref } from '../prefs.ts';

export const kSingleKeys = 'singleKeys';

/** An act gives `false` when it has no use for the key just now: the next that knows it is asked. */
export type Keys = Record<string, (event: KeyboardEvent) => unknown>;

const hearers: { keys: Keys }[] = [];
let prefix = '';
let prefixTimer: ReturnType<typeof setTimeout> | undefined;

function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element?.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true]');
}

/** Keys of one letter, digit or sign; they can be switched off, as speech input and some hands need it. */
function isSingle(name: string): boolean {
  return [...name].length === 1;
}

function pressesItself(event: KeyboardEvent): boolean {
  return event.key === ' ' && !!(event.target as HTMLElement | null)?.closest?.('button, a, summary, input, [role=tab]');
}

function hear(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.key === 'Shift') return;
  if (typing(event.target) || document.querySelector('dialog[open], [role=menu]')) return;
  if (pressesItself(event) || (isSingle(event.key) && event.key !== ' ' && !pref(kSingleKeys, true))) return;
  const key = event.shiftKey && /^[A-Z]$/.test(event.key) ? `Shift+${event.key.toLowerCase()}` : event.key;
  const name = prefix ? `${prefix} ${key}` : key;
  clearTimeout(prefixTimer);
  prefix = '';
  for (const { keys } of [...hearers].reverse()) {
    const act = keys[name];
    if (!act || act(event) === false) continue;
    event.preventDefault();
    return;
  }
  if (name === key && hearers.some(({ keys }) => Object.keys(keys).some((each) => each.startsWith(`${key} `)))) {
    prefix = key;
    prefixTimer = setTimeout(() => (prefix = ''), 1200);
  }
}

/**
 * Single keys, and pairs such as `g l`, while nothing is typed into and no dialog or menu is open. `Shift+x` is a name too.
 * What was mounted last hears first.
 */
export function useKeys(keys: Keys): void {
  const mine = useRef({ keys });
  mine.current.keys = keys;
  useEffect(() => {
    const hearer = mine.current;
    if (hearers.length === 0) window.addEventListener('keydown', hear);
    hearers.push(hearer);
    return () => {
      hearers.splice(hearers.indexOf(hearer), 1);
      if (hearers.length === 0) window.removeEventListener('keydown', hear);
    };
  }, []);
}
