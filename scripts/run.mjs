// Runs a TypeScript program of this repository on the pinned Node, after whatever set-up is missing:
//   node scripts/run.mjs FILE [ARGUMENT…]      FILE is relative to the repository's root
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildUi } from './build-ui.mjs'
import { nodePath, setup } from './setup.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [file, ...args] = process.argv.slice(2)
setup()
if (servesUi(file, args)) buildUi()

const env = {
  ...process.env,
  PATH: `${join(root, 'node_modules/.slipway/bin')}:${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
}
const child = spawn(nodePath, [join(root, file), ...args], { stdio: 'inherit', env })
// A terminal's Ctrl-C reaches the child by itself; a service manager signals only this process. Twice is harmless.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
process.on('SIGINT', () => {})
child.on('error', (error) => {
  process.stderr.write(`cannot start ${nodePath}: ${error.message}\n`)
  process.exit(1)
})
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))

/** The demo, the server and the tests show the web app; other commands do not wait for it. */
function servesUi(program, [command]) {
  if (program === 'scripts/test.ts') return true
  return program === 'apps/cli/src/main.ts' && ['demo', 'server'].includes(command)
}
