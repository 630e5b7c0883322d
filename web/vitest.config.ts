import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  test: {
    environment: 'jsdom',
    include: ['client/src/**/*.test.ts', 'dashboard/src/**/*.test.{ts,tsx}'],
    setupFiles: ['dashboard/src/test-setup.ts'],
    restoreMocks: true,
    testTimeout: 30_000,
  },
});
