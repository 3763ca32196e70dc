// npm start -- --vm: a real virtual machine (UEFI, software emulation) is discovered, claimed, installed from the sample
// image and started from its disks; then its agent appears and runs a script, before your eyes. Root on Debian.
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isTerminal } from '@slipway/protocol'
import { bringSystemPackages } from '../../scripts/system-packages.ts'
import { placeAgent } from './agent-artifacts.ts'
import { planAndInstall, readFacts, waitForState, waitUntilDiscovered } from './journey.ts'
import { startLab, type Lab } from './lab.ts'
import { zfsConfig } from './machine-config.ts'
import { runOnce, waitForGuest } from './scripts.ts'

const agentVersion = '0.1.0'
const started = Date.now()

async function demo(stop: Promise<unknown>): Promise<void> {
  say(
    'preparing agent, network, registry, control plane and live medium (the first time some minutes: kernel module and images)',
  )
  const artifacts = await mkdtemp(join(tmpdir(), 'slipway-agent-'))
  let lab: Lab | null = null
  try {
    await placeAgent(artifacts, agentVersion)
    lab = await startLab({ name: 'demo', artifacts })
    // Whatever it waits for: a signal ends it, and everything is put away.
    await Promise.race([show(lab), stop])
    say('stopping')
  } finally {
    await lab?.stop()
    await rm(artifacts, { recursive: true, force: true })
  }
}

/** The whole way of one machine; then it waits to be ended. */
async function show(lab: Lab): Promise<never> {
  const address = await openPort(join(lab.folder, 'api.sock'))
  const image = await lab.pushImage('demo', ['facts'])
  say(`pushed ${image.reference}`)
  const machine = await lab.addMachine('demovm', 2)
  const running = await machine.start({ live: true })
  say(`switched a machine on: 2 disks of 4 GiB, MAC ${machine.mac}; its console: tail -f ${running.serial.file}`)
  const inventory = await waitUntilDiscovered(lab, machine)
  say(`discovered and enrolled: ${inventory.machine_id}, ${inventory.disks.length} disks, ${inventory.firmware}`)
  const wanted = { image: image.reference, hostname: 'demo-vm', address: '10.77.0.30/24' }
  const id = await planAndInstall(lab, inventory.machine_id, zfsConfig(inventory, wanted))
  const mark = await running.serial.mark()
  await showProgress(lab, id)
  await waitForState(lab, id, ['completed'], 60)
  const facts = await readFacts(running, mark)
  say('the installed system says about itself:')
  for (const [name, value] of facts) console.log(`    ${name} = ${value}`)
  const guest = await waitForGuest(lab, machine.id, ({ state }) => state === 'connected')
  say(`its agent reports: version ${guest.agent_version}, over ${guest.link}`)
  const ran = await runOnce(lab, machine.id, 'who are you', 'uname -n; findmnt -n -o SOURCE /; uname -r')
  say(`a script ran on it, exit code ${ran.exit_code}:`)
  console.log((ran.stdout ?? '').replaceAll(/^(?=.)/gmu, '    ').trimEnd())
  console.log(await whatNext(lab, address))
  return new Promise<never>(() => {})
}

/** One line whenever the step or a tenth of the way changes, until the installation ends. */
async function showProgress(lab: Lab, id: string): Promise<void> {
  let shown = ''
  for (;;) {
    const now = await lab.controlPlane.client.call('getProgress', { params: { id } })
    const line = `${now.status} ${now.step ?? ''} ${Math.floor(now.percent / 10) * 10} %`
    if (line !== shown) say(line)
    shown = line
    if (isTerminal(now.status)) return
    await delay(500)
  }
}

async function whatNext(lab: Lab, address: string): Promise<string> {
  const ca = join(lab.folder, 'ca.crt')
  await writeFile(ca, lab.controlPlane.caPem)
  const token = join(lab.folder, 'instcomd/admin.token')
  return `
App        ${address}   (its certificate is signed by ${ca})
API        ${address}/api/docs
Token      ${token}
Try        curl --cacert ${ca} -H "Authorization: Bearer $(cat ${token})" ${address}/api/machines
Ctrl-C stops the machine and everything else.`
}

/** The control plane listens in a network namespace; this opens it on loopback for browsers and curl. */
async function openPort(socket: string): Promise<string> {
  const server = createServer((incoming) => {
    const outgoing = createConnection(socket)
    incoming.pipe(outgoing).pipe(incoming)
    // Either end may go away at any time: then the other goes too.
    incoming.on('error', () => outgoing.destroy())
    outgoing.on('error', () => incoming.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const address = server.address()
  return `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

function say(text: string): void {
  console.log(`[${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s] ${text}`)
}

if (process.getuid?.() !== 0) {
  console.error(
    'slipway: the VM demo needs root on Debian (network namespace, image building); run: sudo npm start -- --vm',
  )
  process.exit(2)
}
bringSystemPackages('vm')
await demo(Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]))
process.exit(0)
