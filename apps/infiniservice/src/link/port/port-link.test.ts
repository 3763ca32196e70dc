import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isFault } from '@slipway/base'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openPort, portFault } from './open-port.ts'
import { makePortLink } from './port-link.ts'

let folder: string

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'port-'))))
afterEach(() => rmSync(folder, { recursive: true }))

function fault(path: string) {
  try {
    openPort(path)
  } catch (error) {
    if (isFault(error)) return error
  }
  throw new Error('it opened')
}

describe('the virtio-serial port', () => {
  it('that does not exist, is busy or forbidden is told with its cure', () => {
    expect(fault(join(folder, 'none')).message).toMatch(/no virtio-serial port .* give the virtual machine a channel/)
    const busy = portFault('/dev/null', Object.assign(new Error('x'), { code: 'EBUSY' }))
    expect(busy.message).toMatch(/already open .* stop that one/)
    const forbidden = portFault('/dev/null', Object.assign(new Error('x'), { code: 'EACCES' }))
    expect(forbidden).toMatchObject({ code: 'not-permitted', message: expect.stringMatching(/as root/) })
  })

  it('is no ordinary file', () => {
    writeFileSync(join(folder, 'file'), '')
    expect(fault(join(folder, 'file')).message).toMatch(/is no device/)
  })

  it('is tried again when it appears later, and complained of once', async () => {
    const troubles: string[] = []
    const link = makePortLink({ path: join(folder, 'later') })
    vi.useFakeTimers()
    link.start({ onBytes() {}, onPeer() {}, onDrain() {}, onTrouble: ({ message }) => troubles.push(message) })
    vi.advanceTimersByTime(120_000)
    vi.useRealTimers()
    link.close()
    expect(troubles).toHaveLength(1)
  })

  // /dev/null reads 0 bytes, as a port without a host does (vm-lab.md §6).
  it('without a host is looked at once a second, not in a loop, and takes nothing', () => {
    vi.useFakeTimers()
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const peers: boolean[] = []
    const link = makePortLink({ path: '/dev/null' })
    link.start({ onBytes() {}, onPeer: (present) => peers.push(present), onDrain() {}, onTrouble() {} })
    vi.advanceTimersByTime(60_000)
    expect(peers).toEqual([])
    expect(link.present).toBe(false)
    expect(link.write(new Uint8Array(1))).toBe('refused')
    expect(timers.mock.calls.length).toBeLessThan(130)
    expect(timers.mock.calls.length).toBeGreaterThan(50)
    link.close()
    expect(vi.getTimerCount()).toBe(0)
    timers.mockRestore()
    vi.useRealTimers()
  })

  // /dev/zero never pauses.
  it('with a host that never pauses leaves others their turn', async () => {
    let bytes = 0
    const link = makePortLink({ path: '/dev/zero' })
    link.start({ onBytes: (piece) => (bytes += piece.length), onPeer() {}, onDrain() {}, onTrouble() {} })
    await vi.waitFor(() => expect(bytes).toBeGreaterThan(4 * 1024 * 1024))
    link.close()
    const before = bytes
    await new Promise((resolve) => setImmediate(resolve))
    expect(bytes).toBe(before)
  })
})
