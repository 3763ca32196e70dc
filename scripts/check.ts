// Format, lint and types: what `npm run check` and the first stage of .ci/run do.
import { spawnSync } from 'node:child_process'

const stages: readonly (readonly [string, readonly string[]])[] = [
  ['format', ['oxfmt', '--check', '.']],
  ['lint', ['oxlint', '--type-aware', '--deny-warnings', '.']],
  ['types', ['tsc', '--noEmit', '-p', 'tsconfig.json']],
]

const wanted = process.argv.slice(2)
for (const [name, argv] of stages) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const started = Date.now()
  const [command = '', ...args] = argv
  const done = spawnSync(command, args, { stdio: 'inherit' })
  console.log(
    `[check] ${name}: ${done.status === 0 ? 'ok' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(1)} s`,
  )
  if (done.status !== 0) process.exit(1)
}
