// npm start -- --vm: a real virtual machine (UEFI, software emulation) is discovered, claimed, installed from the sample
// image and started from its disks, before your eyes. Root on Debian.
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { bringSystemPackages } from '../../scripts/system-packages.ts'
import { planAndInstall, readFacts, waitForState, waitUntilDiscovered } from './journey.ts'
import { startLab, type Lab } from './lab.ts'
import { zfsConfig } from './machine-config.ts'

const started = Date.now()

async function demo(stop: Promise<unknown>): Promise<void> {
  say(
    'preparing network, registry, control plane and live medium (the first time some minutes: kernel module and images)',
  )
  const lab = await startLab({ name: 'demo' })
  try {
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
    await Promise.race([showProgress(lab, id), stop])
    await waitForState(lab, id, ['completed'], 60)
    const facts = await readFacts(running, mark)
    say('the installed system says about itself:')
    for (const [name, value] of facts) console.log(`    ${name} = ${value}`)
    console.log(await whatNext(lab, address))
    await stop
    say('stopping')
  } finally {
    await lab.stop()
  }
}

/** One line whenever the step or a tenth of the way changes, until the installation ends. */
async function showProgress(lab: Lab, id: string): Promise<void> {
  let shown = ''
  for (;;) {
    const now = await lab.controlPlane.client.call('getProgress', { params: { id } })
    const line = `${now.status} ${now.step ?? ''} ${Math.floor(now.percent / 10) * 10} %`
    if (line !== shown) say(line)
    shown = line
    if (['completed', 'failed', 'cancelled', 'rolled-back'].includes(now.status)) return
    await delay(500)
  }
}

async function whatNext(lab: Lab, address: string): Promise<string> {
  const ca = join(lab.folder, 'ca.crt')
  await writeFile(ca, lab.controlPlane.caPem)
  const token = join(lab.folder, 'instcomd/admin.token')
  return `
API        ${address}/api/docs   (CA: ${ca})
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
