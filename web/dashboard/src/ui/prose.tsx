import { Fragment } from 'react';
import { unbroken } from '../format.ts';

/** A sentence of the server's: what it sets between backticks is a command, and a number keeps its unit on its line. */
export function Prose({ text }: { text: string }) {
  return <>{text.split('`').map((part, at) => (at % 2 === 1 ? <code key={at} className="mono">{part}</code> : <Fragment key={at}>{unbroken(part)}</Fragment>))}</>;
}
