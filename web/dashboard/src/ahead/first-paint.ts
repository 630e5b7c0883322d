import { startTransition, useEffect, useState } from 'react';

// What a view does not show at first waits until it has been seen: it would only hold that up.

/** A page that nobody looks at paints nothing. */
const kPatienceMs = 300;

let isPainted = false;
let painted: Promise<void> | null = null;

/** Until what was drawn last has been painted; once it was, at once. */
export function afterFirstPaint(): Promise<void> {
  return (painted ??= new Promise<void>((done) => {
    const patience = setTimeout(done, kPatienceMs);
    requestAnimationFrame(() => {
      // A task of its own: the frame is done by then.
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        clearTimeout(patience);
        done();
      };
      channel.port2.postMessage(0);
    });
  }).then(() => {
    isPainted = true;
  }));
}

/** false until the page has been painted for the first time, then true, drawn with patience. */
export function useFirstPainted(): boolean {
  const [is, setIs] = useState(isPainted);
  useEffect(() => {
    if (is) return undefined;
    let gone = false;
    void afterFirstPaint().then(() => {
      if (!gone) startTransition(() => setIs(true));
    });
    return () => {
      gone = true;
    };
  }, [is]);
  return is;
}
