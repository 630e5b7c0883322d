import { useEffect, useRef, useState } from 'react';
import { navigate, useAddress } from '../router.tsx';
import { Icon } from '../ui/icon.tsx';

/** Searches the history. In Runs it filters as one types; elsewhere Enter goes there. */
export function SearchBox() {
  const { path, query } = useAddress();
  const inRuns = path === '/runs';
  const asked = inRuns ? (new URLSearchParams(query).get('text') ?? '') : '';
  const [text, setText] = useState(asked);
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (document.activeElement !== field.current) setText(asked);
  }, [asked]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const go = (value: string, replace: boolean) => {
    const next = new URLSearchParams(inRuns ? query : '');
    if (value.trim()) next.set('text', value.trim());
    else next.delete('text');
    const rest = next.toString();
    navigate(rest ? `/runs?${rest}` : '/runs', { replace });
  };
  return (
    <form
      className="inp search" role="search"
      onSubmit={(event) => {
        event.preventDefault();
        clearTimeout(timer.current);
        go(text, inRuns);
        field.current?.blur();
      }}
    >
      <Icon name="search" className="t3" />
      <input
        ref={field} type="search" value={text} placeholder="Runs, prompts, errors, notes" aria-label="Search the history"
        autoComplete="off" spellCheck={false}
        onChange={(event) => {
          const value = event.target.value;
          setText(value);
          if (!inRuns) return;
          clearTimeout(timer.current);
          timer.current = setTimeout(() => go(value, true), 220);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();  // the browser would empty the field, and with it the filter
          field.current?.blur();
        }}
      />
      <span className="kbd" aria-hidden="true">/</span>
    </form>
  );
}
