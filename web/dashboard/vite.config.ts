import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { join } from 'node:path';
import { defaultClientConditions, defineConfig, type Rolldown } from 'vite';
import { scriptAhead } from './script-ahead.ts';

const server = process.env.COMFYTRACE_URL ?? 'http://127.0.0.1:8190';
const kMain = join(import.meta.dirname, 'src/main.tsx');

/** Whether the page's own script needs it before it runs. */
function isOfPage(id: string, of: Rolldown.ChunkingContext, seen = new Set<string>()): boolean {
  if (id === kMain) return true;
  if (seen.has(id)) return false;
  seen.add(id);
  return (of.getModuleInfo(id)?.importers ?? []).some((importer) => isOfPage(importer, of, seen));
}

export default defineConfig({
  plugins: [react(), tailwindcss(), scriptAhead('src/ahead/ahead.ts')],
  resolve: { conditions: ['comfytrace-source', ...defaultClientConditions] },
  build: {
    // The server's policy allows no inline script, style or font, so nothing may be folded into the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    rolldownOptions: {
      // A browser asks a server for six files at a time: what is always needed comes as one, what most views share as another.
      output: { codeSplitting: { groups: [
        { name: (id, of) => (id !== kMain && isOfPage(id, of) ? 'page' : null), priority: 2 },
        { name: 'shared', test: /dashboard\/src\/(?!gallery)/, minShareCount: 5, priority: 1 },
      ] } },
    },
  },
  server: {
    proxy: { '/api': server, '/telemetry': { target: server.replace(/^http/, 'ws'), ws: true } },
  },
});
