import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const slowest = ['/e2e/ui/', '/e2e/', '/apps/instcomd/']

function rank({ moduleId }: TestSpecification): number {
  const place = slowest.findIndex((folder) => moduleId.includes(folder))
  return place === -1 ? slowest.length : place
}

/** Whole programs and browsers first: a slow file that starts last would keep one core idle to the end. */
class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}

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
    sequence: { sequencer: SlowestFirst },
    globalSetup: ['packages/testing/src/postgres-global-setup.ts'],
  },
})
