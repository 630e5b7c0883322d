import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

const server = process.env.COMFYTRACE_URL ?? 'http://127.0.0.1:8190';

/** A script that stands before the page's own, which is bundled with what it needs and so comes later. */
function scriptAhead(source: string): Plugin {
  return {
    name: 'script-ahead',
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle }) => {
        const built = Object.values(bundle ?? {}).find((chunk) => chunk.type === 'chunk' && chunk.isEntry && chunk.name === 'ahead');
        return [{ tag: 'script', attrs: { type: 'module', crossorigin: true, src: built ? `/${built.fileName}` : source }, injectTo: 'head-prepend' }];
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss(), scriptAhead('/src/ahead/ahead.ts')],
  resolve: { conditions: ['comfytrace-source', ...defaultClientConditions] },
  build: {
    // The server's policy allows no inline script, style or font, so nothing may be folded into the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    rolldownOptions: { input: { index: 'index.html', ahead: 'src/ahead/ahead.ts' } },
  },
  server: {
    proxy: { '/api': server, '/telemetry': { target: server.replace(/^http/, 'ws'), ws: true } },
  },
});
