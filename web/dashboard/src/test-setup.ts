import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';

// jsdom has no layout and no media queries.
window.matchMedia ??= (query: string) =>
  ({ matches: false, media: query, addEventListener: () => undefined, removeEventListener: () => undefined }) as unknown as MediaQueryList;
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};

afterEach(cleanup);
// How long to wait for what must come; a machine that does other work as well takes its time.
configure({ asyncUtilTimeout: 20_000 });

window.innerWidth = 1440;
// A virtual list draws nothing in a box without a height.
Object.defineProperties(HTMLElement.prototype, {
  clientHeight: { configurable: true, get: () => 700 },
  clientWidth: { configurable: true, get: () => 1000 },
});
