// npm test [-- vm [NAME…] [--seed N] | windows [--if-cached] | PATH…]: everything, the VM journeys, the Windows executables under
// Wine, or the test files under a path.
// Installs the Debian packages that the tests need (root only; listed first), prints each stage's time, and ends with
// `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { bringSystemPackages } from './system-packages.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) })),
})

const [mode, ...names] = process.argv.slice(2)
const started = Date.now()
const counts = mode === 'vm' ? runVm(names) : mode === 'windows' ? runWindows(names) : runUnit(process.argv.slice(2))
console.log(`[test] all stages: ${seconds(started)} s`)
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 || counts.passed + counts.skipped === 0 ? 1 : 0

interface Counts {
  passed: number
  failed: number
  skipped: number
}

function runUnit(paths: readonly string[]): Counts {
  bringSystemPackages('test')
  return vitest('unit', ['--config', 'vitest.config.ts', ...paths])
}

function runVm(args: readonly string[]): Counts {
  const at = args.indexOf('--seed')
  // The journeys read it; vitest would take it for an option of its own.
  if (at >= 0) process.env.SLIPWAY_SEED = args[at + 1] ?? ''
  const journeys = at >= 0 ? args.toSpliced(at, 2) : args
  bringSystemPackages('vm')
  return vitest('vm', ['--config', 'e2e/vm/vitest.config.ts', ...journeys])
}

/** Makes the chroot with Wine when it is missing; with `--if-cached` (.ci/run) says instead that nothing was run. */
function runWindows(args: readonly string[]): Counts {
  const ifCached = args.includes('--if-cached')
  if (ifCached && (process.getuid?.() !== 0 || wineChroot(['--if-there']).status !== 0)) {
    console.log(
      'SKIPPED: Windows executables: no chroot with Wine is cached, or this is not root; `npm test -- windows` makes it (root on Debian)',
    )
    return { passed: 0, failed: 0, skipped: 1 }
  }
  bringSystemPackages('windows')
  const { status, stdout } = wineChroot([])
  if (status !== 0) return { passed: 0, failed: 1, skipped: 0 }
  process.env.SLIPWAY_WINE_CHROOT = stdout.trim()
  const rest = args.filter((each) => each !== '--if-cached')
  return vitest('windows', ['--config', 'scripts/agent/windows/vitest.config.ts', ...rest])
}

function wineChroot(args: readonly string[]) {
  return spawnSync('scripts/agent/wine-chroot.sh', args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
}

/** Runs vitest and reads its counts; a run that dies before its report is one failure. */
function vitest(stage: string, args: readonly string[]): Counts {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-test-'))
  const output = join(folder, 'report.json')
  const begun = Date.now()
  const done = spawnSync(
    'vitest',
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${output}`, ...args],
    { stdio: 'inherit' },
  )
  console.log(`[test] ${stage}: ${seconds(begun)} s`)
  const counts = existsSync(output) ? readCounts(output) : { passed: 0, failed: 1, skipped: 0 }
  rmSync(folder, { recursive: true, force: true })
  // Vitest also fails on errors outside of tests (unhandled rejections): they must not pass for green.
  if (done.status !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

/** Each skipped test is named: what it needs stands in docs/testing.md. */
function readCounts(file: string): Counts {
  const read = report.parse(JSON.parse(readFileSync(file, 'utf8')))
  const skipped = read.testResults
    .flatMap((suite) => suite.assertionResults)
    .filter((test) => !['passed', 'failed'].includes(test.status))
  for (const test of skipped) {
    console.log(`SKIPPED: ${test.fullName} (needs root, or a package of scripts/system-packages.txt)`)
  }
  return { passed: read.numPassedTests, failed: read.numFailedTests, skipped: skipped.length }
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1)
}
