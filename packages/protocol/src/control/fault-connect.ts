import { Fault, faultTable, isFaultCode, type FaultCode, type FaultDetails } from '@slipway/base'
import * as z from 'zod/mini'

/** Header of an error answer that carries the Fault: percent-encoded JSON `{code, details}`. */
export const faultHeader = 'slipway-fault'

/** Headers of an HTTP answer together are bounded (Node: 16 KiB); larger details are left out, never cut. */
const maxHeaderLength = 8192

/** Numbers of https://connectrpc.com/docs/protocol#error-codes, the same as gRPC's. */
const rpcCodes = {
  canceled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const
type RpcCode = (typeof rpcCodes)[keyof typeof rpcCodes]

const byStatus: Readonly<Record<number, RpcCode>> = {
  400: rpcCodes.invalidArgument,
  401: rpcCodes.unauthenticated,
  403: rpcCodes.permissionDenied,
  404: rpcCodes.notFound,
  409: rpcCodes.aborted,
  413: rpcCodes.resourceExhausted,
  422: rpcCodes.failedPrecondition,
  429: rpcCodes.resourceExhausted,
  503: rpcCodes.unavailable,
}

/** What a ConnectError is made of; `new ConnectError(message, code, headers)`. */
export interface RpcError {
  readonly code: RpcCode
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
}

/** The part of a ConnectError that is read; structural, so that this package needs no RPC library. */
export interface RpcErrorLike {
  readonly code: number
  readonly rawMessage: string
  readonly metadata: { get(name: string): string | null }
}

const headerSchema = z.object({ code: z.string(), details: z._default(z.record(z.string(), z.unknown()), {}) })

/** Turns a Fault into the parts of a Connect error; the other side gets the same Fault back from `connectToFault`. */
export function faultToConnect(fault: Fault): RpcError {
  return {
    code: rpcCodeOf(fault.code),
    message: fault.message,
    headers: { [faultHeader]: printHeader(fault.code, fault.details) },
  }
}

/**
 * Rebuilds the Fault that the other side threw. An error that carries none comes from the transport or the library and
 * is judged by its code: `machine-unreachable` for what another try can cure, `certificate-refused`, `cancelled`, …
 */
export function connectToFault(error: RpcErrorLike): Fault {
  const carried = readHeader(error.metadata.get(faultHeader))
  if (carried) return new Fault(carried.code, error.rawMessage, { cause: error, details: carried.details })
  return new Fault(codeOfRpc(error.code), error.rawMessage, { cause: error })
}

function rpcCodeOf(code: FaultCode): RpcCode {
  if (code === 'cancelled') return rpcCodes.canceled
  if (code === 'step-timeout') return rpcCodes.deadlineExceeded
  return byStatus[faultTable[code].status] ?? rpcCodes.internal
}

function codeOfRpc(code: number): FaultCode {
  if (code === rpcCodes.canceled) return 'cancelled'
  if (code === rpcCodes.invalidArgument) return 'invalid-request'
  if (code === rpcCodes.notFound) return 'not-found'
  if (code === rpcCodes.unauthenticated || code === rpcCodes.permissionDenied) return 'certificate-refused'
  if (code === rpcCodes.resourceExhausted) return 'too-large'
  if (code === rpcCodes.unimplemented) return 'unsupported'
  if (code === rpcCodes.internal) return 'internal'
  return 'machine-unreachable'
}

function printHeader(code: FaultCode, details: FaultDetails): string {
  const whole = encodeURIComponent(JSON.stringify({ code, details }))
  return whole.length <= maxHeaderLength ? whole : encodeURIComponent(JSON.stringify({ code }))
}

function readHeader(text: string | null): { code: FaultCode; details: FaultDetails } | null {
  if (text === null || text.length > maxHeaderLength) return null
  const parsed = headerSchema.safeParse(decode(text))
  if (!parsed.success || !isFaultCode(parsed.data.code)) return null
  return { code: parsed.data.code, details: parsed.data.details }
}

function decode(text: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(text))
  } catch {
    return null // not ours: judged by the error's code instead
  }
}
