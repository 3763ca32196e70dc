import { defineConfig } from 'vitest/config'

// oxlint-disable-next-line import/no-default-export -- what vitest loads
export default defineConfig({
  test: {
    include: ['scripts/agent/windows/**/*.wine.ts'],
    fileParallelism: false,
    // Wine makes its prefix in 5 s on a quiet machine, and in a minute on a busy one.
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
})
