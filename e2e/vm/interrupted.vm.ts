import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { followEvents } from '@slipway/client'
import type { Event, StepKind } from '@slipway/protocol'
import { makeStopwatch, planAndInstall, readFacts, waitForState, waitUntilDiscovered } from './journey.ts'
import { startLab, type Lab, type PushedImage } from './lab.ts'
import { zfsConfig } from './machine-config.ts'

// Without a seed: in the middle of layer 2 (kernel and boot tools), and while the boot archive is written. A seed
// (npm test -- vm interrupted --seed 7) chooses other places.
const seed = Number(process.env['SLIPWAY_SEED'] ?? 0)
const layer = seed === 0 ? 2 : 1 + (seed % 3)
const bytes = seed === 0 ? 20_000_000 : 1_000_000 + ((seed * 7_919_111) % 40_000_000)
const laterSteps: readonly StepKind[] = [
  'update-boot-archive',
  'apply-sysconfig',
  'install-bootloader',
  'unmount-target',
]
const laterStep = laterSteps[seed % laterSteps.length]

let lab: Lab
const lap = makeStopwatch('interrupted')

beforeAll(async () => {
  lab = await startLab({
    name: 'interrupted',
    append: `slipway.test-kill=${layer}:${bytes}`,
    program: join(import.meta.dirname, 'machined-that-dies.ts'),
  })
  lap(`lab with live ISO (machined dies in layer ${layer} after ${bytes} bytes, QEMU in ${laterStep})`)
})
afterAll(() => lab?.stop())

test('an installation survives kill -9 of machined in a layer and of QEMU in a later step', async () => {
  const image = await lab.pushImage('interrupted', ['facts', 'tree'])
  const machine = await lab.addMachine('intvm', 1)
  const first = await machine.start({ live: true })
  const inventory = await waitUntilDiscovered(lab, machine)
  const wanted = { image: image.reference, hostname: 'int-vm', address: '10.77.0.23/24' }
  const id = await planAndInstall(lab, inventory.machine_id, zfsConfig(inventory, wanted))
  await first.serial.waitFor(/TEST kills machined/, { seconds: 600 })
  lap('machined killed')
  await waitForStepRunning(id)
  await first.kill()
  lap('QEMU killed')

  const second = await machine.start({ live: true })
  const done = await waitForState(lab, id, ['completed'], 1500)
  lap('completed after the machine was started again')
  const facts = await readFacts(second, 0, 600)
  expect(facts.get('hostname')).toBe('int-vm')
  expect(facts.get('pool')).toBe('rpool ONLINE')
  expect(facts.get('failed_units')).toBe('')
  expect(facts.get('tree'), 'the tree is the image’s own, byte for byte').toBe(treeOf(image))
  expect(done.progress).toMatchObject({ status: 'completed', percent: 100, confirmed: true })
  lap('tree compared')

  const events = await allEvents(id)
  const ends = ['installation.completed', 'installation.failed', 'installation.cancelled', 'installation.rolled-back']
  expect(events.filter(({ type }) => ends.includes(type))).toHaveLength(1)
  expectOneStartAndEnd(events, await stepIds(id))
  const { fetched, total, largest } = readTransfers(image)
  expect(fetched).toBeGreaterThanOrEqual(total)
  expect(fetched).toBeLessThanOrEqual(total + largest)
  console.log(`[vm] interrupted: ${fetched} bytes of layers sent for an image of ${total}`)
  await second.kill()
})

async function waitForStepRunning(id: string): Promise<void> {
  const { client } = lab.controlPlane
  for (const end = Date.now() + 900_000; Date.now() < end; await delay(200)) {
    const { steps } = await client.call('getTimeline', { params: { id } })
    if (steps.some((step) => step.kind === laterStep && step.outcome !== 'pending')) return
  }
  throw new Error(`${laterStep} did not start within 900 s`)
}

async function stepIds(id: string): Promise<string[]> {
  const { steps } = await lab.controlPlane.client.call('getTimeline', { params: { id } })
  return steps.map((step) => step.step_id)
}

/** All events of the installation, from the beginning: what a new reader of the published stream gets. */
async function allEvents(id: string): Promise<Event[]> {
  const events: Event[] = []
  const stop = AbortSignal.timeout(60_000)
  for await (const event of followEvents(lab.controlPlane.client, {
    after: 0,
    types: 'installation.*',
    signal: stop,
  })) {
    if (event.data['installation_id'] === id) events.push(event)
    if (event.type === 'installation.completed') break
  }
  return events
}

function expectOneStartAndEnd(events: readonly Event[], ids: readonly string[]): void {
  const steps = events.filter(({ type }) => type === 'installation.step')
  const count = (id: string, outcome: string) =>
    steps.filter(({ data }) => data['step_id'] === id && data['outcome'] === outcome).length
  for (const id of ids) {
    expect(count(id, 'running'), `starts of ${id}`).toBe(1)
    expect(count(id, 'done'), `ends of ${id}`).toBe(1)
  }
}

/** The image as unpacked by another program, digested like facts.sh does on the machine. */
function treeOf(image: PushedImage): string {
  const bundle = join(lab.folder, 'unpacked')
  execFileSync('umoci', ['unpack', '--image', `${image.layout}:${image.tag}`, bundle], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const command =
    "tar --sort=name --mtime=@0 --numeric-owner --exclude=usr/lib/slipway/refresh-esps -cf - usr opt | sha256sum | cut -d' ' -f1"
  return execFileSync('sh', ['-c', command], { cwd: join(bundle, 'rootfs'), encoding: 'utf8' }).trim()
}

/** What the registry itself logged: bytes of layers as sent, and what the image has. */
function readTransfers(image: PushedImage): { fetched: number; total: number; largest: number } {
  const sizes = layerSizes(image)
  const log = readFileSync(lab.registry.process.log, 'utf8')
  let fetched = 0
  // Combined log format: "GET /v2/NAME/blobs/DIGEST HTTP/1.1" STATUS BYTES
  for (const [, digest = '', sent = ''] of log.matchAll(/"GET \/v2\/\S+\/blobs\/(\S+) HTTP\/1\.1" 20[06] (\d+)/g)) {
    if (sizes.has(digest)) fetched += Number(sent)
  }
  const all = [...sizes.values()]
  return { fetched, total: all.reduce((sum, size) => sum + size, 0), largest: Math.max(...all) }
}

function layerSizes(image: PushedImage): Map<string, number> {
  const text = execFileSync('skopeo', ['inspect', '--raw', `oci:${image.layout}:${image.tag}`], { encoding: 'utf8' })
  // Our own build wrote it, in the shape of the OCI image manifest.
  const { layers } = JSON.parse(text) as { layers: { digest: string; size: number }[] }
  return new Map(layers.map(({ digest, size }) => [digest, size]))
}
