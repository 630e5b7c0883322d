import type { CSSProperties, ReactNode } from 'react';

/** A component in all its states. `min` is how wide one state is at least. */
export function Part({ name, about, min = 320, children }: { name: string; about?: string; min?: number; children: ReactNode }) {
  return (
    <section className="gal-part" aria-label={name} data-part={name}>
      <h2>{name}</h2>
      <p className="t3 s12">{about}</p>
      <div className="gal-states" style={{ '--gal-min': `${min}px` } as CSSProperties}>{children}</div>
    </section>
  );
}

export function State({ name, wide = false, children }: { name: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={`gal-state ${wide ? 'wide' : ''}`} data-sample={name}>
      <h3>{name}</h3>
      {children}
    </div>
  );
}
