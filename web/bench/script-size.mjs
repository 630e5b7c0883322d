// What a first load fetches, as it comes over the wire.
import { gzipSync } from 'node:zlib';

/** Per view: the scripts that must be there before it shows, gzipped. */
export async function scriptSizes(url) {
  const text = async (path) => (await fetch(url + path)).text();
  const html = await text('/');
  const entries = [...html.matchAll(/\/assets\/([\w.-]+\.js)/g)].map(([, name]) => name);
  const scripts = new Map();
  const needed = async (name, seen) => {
    if (seen.has(name)) return;
    seen.add(name);
    if (!scripts.has(name)) scripts.set(name, await text(`/assets/${name}`));
    for (const [, next] of scripts.get(name).matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) await needed(next, seen);
  };
  const views = new Set();
  const first = new Set();
  for (const name of entries) await needed(name, first);
  for (const name of first) for (const [, view] of scripts.get(name).matchAll(/["'](?:\.\/|assets\/)([\w]+-view-[\w-]+\.js)["']/g)) views.add(view);
  const sizes = [];
  for (const view of [...views].sort()) {
    const seen = new Set();
    for (const name of [...entries, view]) await needed(name, seen);
    const bytes = [...seen].reduce((sum, name) => sum + gzipSync(scripts.get(name)).length, 0);
    sizes.push({ view: view.replace(/-view-.*/, ''), files: seen.size, scriptGzBytes: bytes });
  }
  return sizes;
}
