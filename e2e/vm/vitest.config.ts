import { defineConfig } from 'vitest/config'

// oxlint-disable-next-line import/no-default-export -- what vitest loads
export default defineConfig({
  test: {
    include: ['e2e/vm/**/*.vm.ts'],
    // One machine at a time: two emulated ones on two cores would run into each other's deadlines.
    fileParallelism: false,
    // An undisturbed installation takes 4 to 5 minutes on 2 cores; 4 times that, and the first image build.
    testTimeout: 40 * 60_000,
    hookTimeout: 40 * 60_000,
  },
})
