import { once } from 'node:events'
import { Option, type Command } from 'commander'
import { runProgram } from '../child-program.ts'
import { demoDataDir } from '../data-dir.ts'
import { demoScript } from '../demo/demo-guests.ts'
import { startDemo, type RunningDemo } from '../demo/demo.ts'
import { print } from '../output/print.ts'

interface Options {
  vm?: boolean
  exit?: boolean
  port: number
  machinePort: number
  registryPort: number
  discoveryPort: number
  machines: number
  guests: number
  seed: string
  fault?: string[]
  dataDir: string
  install: boolean
  json?: boolean
  image?: string
  serverConfig: string
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
    .option('--discovery-port <port>', 'UDP port of multicast discovery', Number, 1900)
    .option('--machines <count>', 'how many simulated machines', Number, 4)
    .option('--guests <count>', 'how many simulated guests with an agent', Number, 3)
    .option('--seed <text>', 'makes the machines what they are', '1')
    .option('--fault <fault...>', 'faults of the machines (see simulate --help); default: a disk of the last one fails')
    .option('--data-dir <dir>', 'where the demo keeps its data', demoDataDir())
    .option('--no-install', 'do not install the first machine')
    .addOption(new Option('--json', 'say what runs in one line of JSON').hideHelp())
    .addOption(new Option('--image <layout>', 'serve this OCI layout instead').hideHelp())
    .addOption(new Option('--server-config <yaml>', 'more server configuration').default('').hideHelp())
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
  const last = `sim-${String(options.machines).padStart(4, '0')}`
  const faults = options.fault ?? [`disk-fail:${last}`]
  const running = await startDemo({ ...options, faults, image: options.image ?? null }, stopping.signal)
  if (options.json) print(JSON.stringify(describe(options, running)))
  else print(`\nUp${options.install ? ' and installed' : ''} in ${((Date.now() - started) / 1000).toFixed(1)} s.\n`)
  if (!options.exit) {
    if (!options.json) print(whatNext(options, running))
    await signalled
    print('\nStopping.')
  }
  await running.stop()
}

/** For programs that drive a rack: where things are, and the pid of each part. */
function describe(options: Options, running: RunningDemo): object {
  const pids = Object.fromEntries(running.parts.map((part) => [part.name, part.pid]))
  const { url, image, setupLink } = running
  return { url, setup_url: setupLink, token_file: `${options.dataDir}/admin.token`, image, pids }
}

/** Bun compiles them, so the demo does not do it unasked. */
function agentLines({ agentBase, url }: RunningDemo): string {
  return `  scripts/build-agent.sh --base ${agentBase}   # a minute; then:
  curl -fO ${url}/infiniservice/linux/binary
`
}

/** They answer with what a script's first echo line says; nothing of it runs on this computer. */
const guestLines = `  ./slipway guests list
  ./slipway run ${demoScript} --on sim-guest-0001 sim-guest-0002
`

function whatNext(options: Options, running: RunningDemo): string {
  const registry = running.parts.find((part) => part.name === 'demo-registry')
  const { machine, file } = running.next ?? { machine: 'sim-0002', file: 'docs/examples/mirror.kdl' }
  return `API        ${running.url}/api/docs
Browser    ${running.setupLink ?? `${running.url}/ (set-up link already used)`}
Token      ${options.dataDir}/admin.token
Logs       ${options.dataDir}/logs
Image      ${running.image}

Try next, in another terminal:
  ./slipway machines list
  ./slipway machines show ${machine}
  ./slipway config check ${file} --machine ${machine}
  ./slipway plan ${machine} ${file}
  ./slipway install ${machine} ${file}
  ./slipway installs list
${options.guests > 0 ? guestLines : ''}${agentLines(running)}  kill ${registry?.pid ?? ''}    # stops the registry: the next install says what it tried
Ctrl-C stops everything; the data stay in ${options.dataDir} (delete the folder to start afresh).`
}
