import { mkdir } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { faultTable, toFault } from '@slipway/base'
import { Consoles, consoleDevices, isLiveEnvironment, printStatus } from './console/consoles.ts'
import { Responder } from './discovery/responder.ts'
import { readEnrolmentFile } from './enrolment/read-enrolment-file.ts'
import { makeLogger } from './logger.ts'
import { startMachine } from './machine.ts'
import { makeHost } from './make-host.ts'
import { printRackLine } from './simulate/print-rack-line.ts'
import { startRack } from './simulate/rack.ts'
import { stopAsked } from './stop-asked.ts'
import { kernelInstcomd, parseOptions, usage, type Options } from './options.ts'

/** How often the console's picture is compared with what is so; people do not see faster. */
const consoleMs = 1000
/** A command that was told to stop gets its grace (15 s in with-deadline.ts); then the program leaves. */
const stopMs = 20_000

/** One machine of the simulation, as a process of its own. */
async function runSimulated(options: Options): Promise<void> {
  const stopped = stopAsked(stopMs)
  const logger = makeLogger({ readable: process.stdout.isTTY })
  const simulation = { machines: 1, seed: '1', faults: [], hostnamePrefix: 'sim-', json: false }
  const rack = await startRack(
    { ...options, ...simulation, interface: options.interface ?? '127.0.0.1' },
    { say: (line) => logger.info(line, printRackLine(line)), loggerFor: () => logger },
  )
  await stopped
  await rack.stop()
}

async function run(options: Options): Promise<void> {
  if (options.host === 'simulated') return runSimulated(options)
  const stopped = stopAsked(stopMs)
  const isLive = isLiveEnvironment()
  const logger = makeLogger({ readable: isLive || process.stdout.isTTY })
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  const enrolmentFile = options.enrolment === null ? null : await readEnrolmentFile(options.enrolment)
  const fromKernel = options.host === 'linux' ? await kernelInstcomd() : []
  const responder = await Responder.open({
    group: options.group,
    port: options.discoveryPort,
    interface: options.interface,
    logger,
  })
  let code: string | null = null
  const machine = await startMachine({
    host: makeHost(options.host, logger),
    dataDir: options.dataDir,
    listen: options.listen,
    enrolmentFile,
    instcomd: [...options.instcomd, ...fromKernel],
    responder,
    logger,
    onCode: (next) => (code = next),
    onReboot: () => logger.info({}, 'leaving the live environment'),
  })
  const fields = { machine_id: machine.machineId, port: machine.port, fingerprint: machine.fingerprint() }
  logger.info(fields, `machined is listening on port ${machine.port}`)
  const consoles = isLive ? new Consoles(consoleDevices()) : null
  let shown = ''
  const show = () => {
    const status = `${machine.status()}${machine.isEnrolled() ? ', enrolled' : ''}`
    const text = printStatus({ ...machine, status, code, endpoints: endpoints(machine.port) })
    if (text === shown) return
    shown = text
    if (consoles) consoles.show(text)
    else process.stdout.write(text)
  }
  show()
  const timer = setInterval(show, consoleMs)
  await stopped
  clearInterval(timer)
  logger.info({}, 'machined is stopping')
  await machine.stop()
  await responder.close()
}

function endpoints(port: number): string[] {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])
  return all.filter((entry) => entry.family === 'IPv4' && !entry.internal).map((entry) => `${entry.address}:${port}`)
}

if (process.argv.includes('--help')) console.log(usage)
else {
  try {
    await run(parseOptions(process.argv.slice(2)))
    process.exit(0) // whatever a stuck command still holds must not keep the program
  } catch (error) {
    const fault = toFault(error)
    console.error(`machined: ${fault.message}${fault.code === 'usage' ? `\n\n${usage}` : ''}`)
    process.exit(faultTable[fault.code].exit)
  }
}
