import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

const server = process.env.COMFYTRACE_URL ?? 'http://127.0.0.1:8190';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { conditions: ['comfytrace-source', ...defaultClientConditions] },
  build: {
    // The server's policy allows no inline script, style or font, so nothing may be folded into the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
  },
  server: {
    proxy: { '/api': server, '/telemetry': { target: server.replace(/^http/, 'ws'), ws: true } },
  },
});
