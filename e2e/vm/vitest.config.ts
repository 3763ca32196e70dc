import { defineConfig } from 'vitest/config'
import { slowestFirst } from '../../scripts/slowest-first.ts'

// oxlint-disable-next-line import/no-default-export -- what vitest loads
export default defineConfig({
  test: {
    include: ['e2e/vm/**/*.vm.ts'],
    // An emulated machine has one processor, which keeps one core busy.
    maxWorkers: 2,
    sequence: { sequencer: slowestFirst(['/fallback', '/bios', '/zfs', '/interrupted', '/guest', '/ext4', '/media']) },
    // An undisturbed installation takes 4 to 5 minutes on 2 cores; 4 times that, and the first image build.
    testTimeout: 40 * 60_000,
    hookTimeout: 40 * 60_000,
  },
})
