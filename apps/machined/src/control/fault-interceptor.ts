import { ConnectError, type Interceptor } from '@connectrpc/connect'
import { Fault, toFault, type Logger } from '@slipway/base'
import { faultToConnect } from '@slipway/protocol'

/** Turns what a call threw into an answer that carries its Fault; defects are logged with their cause. */
export function makeFaultInterceptor(logger: Logger): Interceptor {
  return (next) => async (request) => {
    try {
      const response = await next(request)
      return response.stream ? { ...response, message: guard(response.message, request.method.name, logger) } : response
    } catch (error) {
      throw toConnectError(error, request.method.name, logger)
    }
  }
}

async function* guard<T>(messages: AsyncIterable<T>, method: string, logger: Logger): AsyncGenerator<T> {
  try {
    yield* messages
  } catch (error) {
    throw toConnectError(error, method, logger)
  }
}

function toConnectError(error: unknown, method: string, logger: Logger): ConnectError {
  if (error instanceof ConnectError) return error
  const fault = toFault(error)
  if (!(error instanceof Fault))
    logger.error({ method, error: fault.message, cause: String(fault.cause) }, 'a call failed by a defect')
  const { code, message, headers } = faultToConnect(fault)
  return new ConnectError(message, code, headers, undefined, error)
}
