import { Fault } from '@slipway/base'

/** A pipe or port opened for overlapped I/O, with at most one read and one write under way. */
export interface OverlappedHandle {
  /** Bytes, `nothing` while the read is under way, or the Windows error code that ended it. */
  read(): Uint8Array | 'nothing' | { readonly error: number }
  /** Begins a write of at most 32 KiB; false while the one before is under way. */
  beginWrite(bytes: Uint8Array): boolean | { readonly error: number }
  /** Bytes of the last write, `nothing` while it is under way, or its error. */
  endWrite(): number | 'nothing' | { readonly error: number }
  /** Ends what is under way and gives the handle back. */
  close(): void
}

/** vioserial takes no more at once (issue 1406 of kvm-guest-drivers-windows); libraries.md, "Windows". */
export const mostWriteBytes = 32 * 1024
const readBytes = 65_536

// winnt.h, winbase.h, fileapi.h
const genericReadWrite = 0xc0000000
const openExisting = 3
const flagOverlapped = 0x40000000
const errorIoPending = 997
const statusPending = 0x103n
/** sizeof(OVERLAPPED) on 64-bit Windows: Internal, InternalHigh, Offset and OffsetHigh, hEvent. */
const overlappedBytes = 32

/** What is used of bun:ffi; its own types are not known to the type checker, because Node has no such module. */
interface BunFfi {
  dlopen(library: string, symbols: Record<string, { args: string[]; returns: string }>): { symbols: Kernel32 }
  ptr(bytes: Uint8Array): number
}
interface Kernel32 {
  CreateFileW(...args: (number | bigint | null)[]): bigint
  ReadFile(...args: (number | bigint | null)[]): number
  WriteFile(...args: (number | bigint | null)[]): number
  CancelIoEx(handle: bigint, overlapped: number | null): number
  CloseHandle(handle: bigint): number
  GetLastError(): number
  GetOverlappedResult(...args: (number | bigint)[]): number
}

/** How the path is opened; throws `unavailable` with the Windows error in its details. */
export type OpenOverlapped = (path: string) => OverlappedHandle

/** Loads kernel32 through bun:ffi. Only Windows under Bun gets here; the name is put together so that nobody resolves it. */
export async function loadKernel32(): Promise<OpenOverlapped> {
  const name = ['bun', 'ffi'].join(':')
  const ffi: BunFfi = await import(name) // its shape is Bun's documentation's: bun.com/docs/api/ffi
  const { symbols } = ffi.dlopen('kernel32.dll', {
    CreateFileW: { args: ['ptr', 'u32', 'u32', 'ptr', 'u32', 'u32', 'ptr'], returns: 'u64' },
    ReadFile: { args: ['u64', 'ptr', 'u32', 'ptr', 'ptr'], returns: 'i32' },
    WriteFile: { args: ['u64', 'ptr', 'u32', 'ptr', 'ptr'], returns: 'i32' },
    CancelIoEx: { args: ['u64', 'ptr'], returns: 'i32' },
    CloseHandle: { args: ['u64'], returns: 'i32' },
    GetLastError: { args: [], returns: 'u32' },
    GetOverlappedResult: { args: ['u64', 'ptr', 'ptr', 'i32'], returns: 'i32' },
  })
  return (path) => open(symbols, (bytes) => ffi.ptr(bytes), path)
}

function open(kernel32: Kernel32, ptr: (bytes: Uint8Array) => number, path: string): OverlappedHandle {
  // Never path.join or path.resolve: they add to device paths (libraries.md, "Windows").
  const name = fixed(Buffer.from(`${path}\0`, 'utf16le'))
  const handle = kernel32.CreateFileW(ptr(name), genericReadWrite, 0, null, openExisting, flagOverlapped, null)
  if (BigInt.asIntN(64, BigInt(handle)) === -1n) {
    const error = kernel32.GetLastError()
    throw new Fault('unavailable', openMessage(path, error), { details: { windows_error: error } })
  }
  return new Handle(kernel32, ptr, BigInt(handle))
}

/** One direction's transfer: its bytes and its OVERLAPPED must not move or be freed while the system writes there. */
class Transfer {
  readonly overlapped = fixed(new Uint8Array(overlappedBytes))
  readonly bytes: Uint8Array
  readonly #view = new DataView(this.overlapped.buffer)
  underWay = false

  constructor(size: number) {
    this.bytes = fixed(new Uint8Array(size))
  }

  /** OVERLAPPED.Internal is an NTSTATUS; InternalHigh the count of bytes (minwinbase.h). */
  get isPending(): boolean {
    return this.#view.getBigUint64(0, true) === statusPending
  }

  get status(): number {
    return Number(this.#view.getBigUint64(0, true) & 0xffffffffn)
  }

  get count(): number {
    return Number(this.#view.getBigUint64(8, true))
  }

  clear(): void {
    this.overlapped.fill(0)
  }
}

class Handle implements OverlappedHandle {
  readonly #kernel32: Kernel32
  readonly #ptr: (bytes: Uint8Array) => number
  readonly #handle: bigint
  readonly #reading = new Transfer(readBytes)
  readonly #writing = new Transfer(mostWriteBytes)

  constructor(kernel32: Kernel32, ptr: (bytes: Uint8Array) => number, handle: bigint) {
    this.#kernel32 = kernel32
    this.#ptr = ptr
    this.#handle = handle
  }

  read(): Uint8Array | 'nothing' | { readonly error: number } {
    if (!this.#reading.underWay) {
      const error = this.#begin(this.#reading, readBytes, (...args) => this.#kernel32.ReadFile(...args))
      if (error !== 0) return { error }
    }
    const ended = this.#end(this.#reading)
    return typeof ended === 'number' ? this.#reading.bytes.slice(0, ended) : ended
  }

  beginWrite(bytes: Uint8Array): boolean | { readonly error: number } {
    if (this.#writing.underWay) return false
    this.#writing.bytes.set(bytes)
    const error = this.#begin(this.#writing, bytes.length, (...args) => this.#kernel32.WriteFile(...args))
    return error === 0 ? true : { error }
  }

  endWrite(): number | 'nothing' | { readonly error: number } {
    return this.#writing.underWay ? this.#end(this.#writing) : 0
  }

  close(): void {
    this.#kernel32.CancelIoEx(this.#handle, null)
    // Cancelled is not ended: wait, or the system would write into memory that was given to others.
    for (const transfer of [this.#reading, this.#writing]) if (transfer.underWay) this.#result(transfer, true)
    this.#kernel32.CloseHandle(this.#handle)
  }

  #begin(transfer: Transfer, size: number, call: (...args: (number | bigint | null)[]) => number): number {
    transfer.clear()
    const done = call(this.#handle, this.#ptr(transfer.bytes), size, null, this.#ptr(transfer.overlapped))
    const error = done === 0 ? this.#kernel32.GetLastError() : 0
    transfer.underWay = error === 0 || error === errorIoPending
    return transfer.underWay ? 0 : error
  }

  #end(transfer: Transfer): number | 'nothing' | { readonly error: number } {
    if (transfer.isPending) return 'nothing'
    transfer.underWay = false
    if (transfer.status === 0) return transfer.count
    return this.#result(transfer, false) ? transfer.count : { error: this.#kernel32.GetLastError() }
  }

  #result(transfer: Transfer, wait: boolean): boolean {
    const count = fixed(new Uint8Array(4))
    const args = [this.#handle, this.#ptr(transfer.overlapped), this.#ptr(count), wait ? 1 : 0] as const
    return this.#kernel32.GetOverlappedResult(...args) !== 0
  }
}

/**
 * A copy in an ArrayBuffer of its own. Small typed arrays live in JavaScriptCore's collected heap until their `buffer` is
 * asked for, and then move: a pointer taken before would be wrong.
 */
function fixed(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const own = new Uint8Array(new ArrayBuffer(bytes.length))
  own.set(bytes)
  return own
}

/** winerror.h */
function openMessage(path: string, error: number): string {
  switch (error) {
    case 2:
    case 3:
      return `there is no virtio-serial port ${path}; give the virtual machine a channel named org.infinibay.agent and install the vioserial driver, or set "server" in config.json`
    case 5:
      return `${path} may not be opened by this user; run the agent as a service (LocalSystem)`
    case 32:
    case 170:
    case 231:
      return `${path} is already open, and a port has one opener; stop the other agent`
    default:
      return `${path} cannot be opened: Windows error ${error}; see the driver in the device manager`
  }
}
