// machined for the interrupted journey: the real program, which kills itself with SIGKILL once, in the middle of a
// layer. Kernel argument: slipway.test-kill=LAYER:BYTES, layer counted from 1, bytes of its tar stream.
import childProcess, { type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

// In memory, so once for each start of the machine; the journey shows that a finished layer is not pulled again.
const marker = '/run/slipway/killed'
const wanted = /slipway\.test-kill=(\d+):(\d+)/.exec(readFileSync('/proc/cmdline', 'utf8'))
if (wanted && !existsSync(marker)) killInLayer(Number(wanted[1]), Number(wanted[2]))
await import('../../apps/machined/src/main.ts')

/** Watches the tar processes that layers are unpacked with: the n-th one is the n-th layer. */
function killInLayer(layer: number, bytes: number): void {
  const spawn = childProcess.spawn
  let layers = 0
  const watched = (...args: Parameters<typeof spawn>) => {
    const child = spawn(...args)
    const isUnpacking = args[0] === 'tar' && (args[1] ?? []).includes('--extract')
    if (isUnpacking && ++layers === layer) killAfter(child, bytes)
    return child
  }
  // spawn has many overloads; what is passed on and returned is what the real one takes and gives.
  childProcess.spawn = watched as typeof spawn
  syncBuiltinESMExports()
}

function killAfter(child: ChildProcess, bytes: number): void {
  const { stdin } = child
  if (!stdin) return
  const write = stdin.write.bind(stdin) as (...args: unknown[]) => boolean
  let written = 0
  stdin.write = (...args: unknown[]) => {
    const [chunk] = args
    if (chunk instanceof Uint8Array) written += chunk.length
    if (written > bytes) {
      writeFileSync(marker, '')
      writeFileSync('/dev/console', `slipway: TEST kills machined after ${written} bytes of the layer\n`)
      process.kill(process.pid, 'SIGKILL')
    }
    return write(...args)
  }
}
