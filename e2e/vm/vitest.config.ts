import { defineConfig } from 'vitest/config'

// oxlint-disable-next-line import/no-default-export -- what vitest loads
export default defineConfig({
  test: {
    include: ['e2e/vm/**/*.vm.ts'],
    // An emulated machine keeps one core busy, seldom two: two journeys side by side take little longer than one on two cores.
    maxWorkers: 2,
    // An undisturbed installation takes 4 to 5 minutes on 2 cores; 4 times that, and the first image build.
    testTimeout: 40 * 60_000,
    hookTimeout: 40 * 60_000,
  },
})
