import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'packages/**/*.test.ts',
      'apps/**/*.test.ts',
      'scripts/**/*.test.ts',
      'images/**/*.test.ts',
      'e2e/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Vitest's one second is less than a busy computer needs; what waits for a condition ends when it holds.
    expect: { poll: { timeout: 10_000 } },
    maxWorkers: 2,
    globalSetup: ['packages/testing/src/postgres-global-setup.ts'],
  },
})
