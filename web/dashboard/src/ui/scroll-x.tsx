import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';

/** What may be wider than its place. While it is, the keyboard reaches it and can move it; while it is not, there is no stop. */
export function ScrollX({ label, children }: { label: string; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const [isWider, setIsWider] = useState(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => setIsWider(element.scrollWidth > element.clientWidth);
    look();
    const watch = new ResizeObserver(look);
    watch.observe(element);
    if (element.firstElementChild) watch.observe(element.firstElementChild);
    return () => watch.disconnect();
  }, []);
  return <div ref={box} className="scroll-x" {...(isWider ? { tabIndex: 0, role: 'region', 'aria-label': label } : {})}>{children}</div>;
}
