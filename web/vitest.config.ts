import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ['comfytrace-source'] },
  ssr: { resolve: { conditions: ['comfytrace-source'] } },
  test: {
    environment: 'jsdom',
    include: ['client/**/*.test.{ts,tsx}', 'codegen/*.test.ts', 'dashboard/src/**/*.test.{ts,tsx}'],
    setupFiles: ['dashboard/src/test-setup.ts'],
    restoreMocks: true,
    testTimeout: 30_000,
  },
});
