import { once } from 'node:events'
import type { Command } from 'commander'
import { runProgram } from '../child-program.ts'
import { demoDataDir } from '../data-dir.ts'
import { startDemo, type RunningDemo } from '../demo/demo.ts'
import { print } from '../output/print.ts'

interface Options {
  vm?: boolean
  exit?: boolean
  port: number
  machinePort: number
  registryPort: number
  machines: number
  dataDir: string
}

/** `slipway demo [--vm]`: the whole product on one computer, without root or system packages. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('discover, claim and install simulated machines on this computer (what npm start runs)')
    .option('--vm', 'install a real virtual machine instead (root on Debian)')
    .option('--exit', 'leave after the installation instead of staying in the foreground')
    .option('--port <port>', 'port of the server', Number, Number(process.env.PORT ?? 4000))
    .option('--machine-port <port>', 'port for machines', Number, 4443)
    .option('--registry-port <port>', 'port of the demo’s registry', Number, 4080)
    .option('--machines <count>', 'how many simulated machines', Number, 4)
    .option('--data-dir <dir>', 'where the demo keeps its data', demoDataDir())
    .action(async (options: Options) => {
      if (options.vm) process.exitCode = await runProgram('demo-vm', [])
      else await demo(options)
    })
}

async function demo(options: Options): Promise<void> {
  const started = Date.now()
  const stopping = new AbortController()
  const signalled = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGHUP'), once(process, 'SIGINT')])
  signalled.then(() => stopping.abort()).catch(() => undefined) // `once` on signals does not reject
  print('Slipway demo: the real programs, routes and mTLS; only disks and boot are simulated.')
  print('Needs no root and no system package; listens on loopback only.\n')
  const running = await startDemo(options, stopping.signal)
  print(`\nUp and installed in ${((Date.now() - started) / 1000).toFixed(1)} s.\n`)
  if (!options.exit) {
    print(whatNext(options, running))
    await signalled
    print('\nStopping.')
  }
  await running.stop()
}

function whatNext(options: Options, running: RunningDemo): string {
  const config = running.configFile
  return `API        ${running.url}/api/docs
Browser    ${running.setupLink ?? `${running.url}/ (set-up link already used)`}
Token      ${options.dataDir}/admin.token
Logs       ${options.dataDir}/logs

Try next, in another terminal:
  ./slipway machines list
  ./slipway plan sim-0002 ${config}      # another machine: fix the disks and the MAC it complains about
  ./slipway installs list
  kill ${running.registry.pid}                           # stops the registry: the next install says what it tried
Ctrl-C stops everything; the data stay in ${options.dataDir} (delete the folder to start afresh).`
}
