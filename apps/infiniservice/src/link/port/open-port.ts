import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { Fault } from '@slipway/base'
import { holdersOf } from './port-holders.ts'

/**
 * Opens the port once for both directions (a second open is EBUSY) and without ever blocking: blocking reads park a thread
 * and hang the exit (libraries.md, "Char devices"). Throws `unavailable` or `not-permitted`, saying what to do.
 */
export function openPort(path: string): number {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    throw portFault(path, error)
  }
  if (fstatSync(fd).isCharacterDevice()) return fd
  closeSync(fd)
  throw new Fault(
    'configuration-invalid',
    `${path} is no device; set "device" in config.json to the virtio-serial port`,
  )
}

/** Why the port cannot be opened, in one sentence with its cure. */
export function portFault(path: string, error: unknown): Fault {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const options = { cause: error, details: { code, device: path } }
  switch (code) {
    case 'ENOENT':
      return new Fault(
        'unavailable',
        `there is no virtio-serial port ${path}; give the virtual machine a channel named org.infinibay.agent, or set "server" in config.json for a machine without one`,
        options,
      )
    case 'EBUSY': {
      const holders = holdersOf(path)
      const who = holders.length > 0 ? `by ${holders.join(', ')}` : 'by another program'
      return new Fault(
        'unavailable',
        `${path} is already open ${who}, and a port has one opener; stop that one`,
        options,
      )
    }
    case 'EACCES':
    case 'EPERM':
      return new Fault('not-permitted', `${path} may not be opened by this user; run the agent as root`, options)
    default:
      return new Fault(
        'unavailable',
        `${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}; see the kernel’s log`,
        options,
      )
  }
}
