import { describe, expect, it, vi } from 'vitest'
import type { OverlappedHandle } from './kernel32.ts'
import { makeWindowsPortLink } from './windows-port-link.ts'

/** A handle as vioserial gives it (libraries.md, "Windows"): what the driver does, in memory. */
function makePort() {
  const port = {
    host: false,
    toAgent: [] as Uint8Array[],
    fromAgent: [] as number[],
    /** The driver takes a write, and ends it after so many looks. */
    looks: 1,
    most: 32 * 1024,
    closed: 0,
  }
  let writing: { bytes: number[]; looks: number } | null = null
  const handle: OverlappedHandle = {
    read() {
      if (!port.host) return { error: 1450 }
      return port.toAgent.shift() ?? 'nothing'
    },
    beginWrite(bytes) {
      if (writing) return false
      expect(bytes.length).toBeLessThanOrEqual(32 * 1024)
      if (!port.host) return { error: 1450 }
      writing = { bytes: [...bytes.subarray(0, port.most)], looks: port.looks }
      return true
    },
    endWrite() {
      if (!writing) return 0
      writing.looks -= 1
      if (writing.looks > 0) return 'nothing'
      const { bytes } = writing
      port.fromAgent.push(...bytes)
      writing = null
      return bytes.length
    },
    close: () => (port.closed += 1),
  }
  const peers: boolean[] = []
  let text = ''
  const link = makeWindowsPortLink('\\\\.\\Global\\org.infinibay.agent', () => Promise.resolve(() => handle))
  link.start({
    onBytes: (bytes) => (text += new TextDecoder().decode(bytes)),
    onPeer: (present) => peers.push(present),
    onDrain() {},
    onTrouble() {},
  })
  return { port, link, peers, text: () => text }
}

describe('the port on Windows', () => {
  it('waits for a host, then carries bytes both ways in pieces that the driver takes', async () => {
    const { port, link, peers, text } = makePort()
    expect(link.write(new Uint8Array(1))).toBe('refused')
    port.host = true
    await vi.waitFor(() => expect(peers).toEqual([true]), { timeout: 5000 })
    port.toAgent.push(new TextEncoder().encode('hello'))
    await vi.waitFor(() => expect(text()).toBe('hello'))
    port.looks = 3
    port.most = 10_000 // a partial write
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251)
    link.write(bytes)
    await vi.waitFor(() => expect(port.fromAgent.length).toBe(100_000), { timeout: 5000 })
    expect(Uint8Array.from(port.fromAgent)).toEqual(bytes)
    link.close()
    expect(port.closed).toBe(1)
  })

  it('does not take the end of a write to a host that has gone for one of the next host’s', async () => {
    const { port, link, peers } = makePort()
    port.host = true
    await vi.waitFor(() => expect(peers).toEqual([true]), { timeout: 5000 })
    port.looks = Number.POSITIVE_INFINITY
    link.write(Uint8Array.from([1, 2, 3]))
    port.host = false
    await vi.waitFor(() => expect(peers).toEqual([true, false]), { timeout: 5000 })
    port.host = true
    await vi.waitFor(() => expect(peers).toEqual([true, false, true]), { timeout: 5000 })
    link.write(Uint8Array.from([7, 8, 9]))
    expect(port.fromAgent).toEqual([])
    link.close()
  })
})
