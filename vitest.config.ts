import { defineConfig } from 'vitest/config'
import { slowestFirst } from './scripts/slowest-first.ts'

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
    // Whole programs and browsers take longest.
    sequence: {
      sequencer: slowestFirst([
        '/e2e/ui/pages',
        '/e2e/ui/',
        '/e2e/',
        '/apps/machined/src/simulate/',
        '/apps/instcomd/',
      ]),
    },
    globalSetup: ['packages/testing/src/postgres-global-setup.ts'],
  },
})
