import { Fault, isFaultCode } from '@slipway/base'
import { errorBodySchema, apiRoutes, type ApiRouteName } from '@slipway/protocol'
import type * as z from 'zod/v4/core'
import { readLines } from './read-lines.ts'

type Definition<N extends ApiRouteName> = (typeof apiRoutes)[N]
type Input<N extends ApiRouteName, K extends 'params' | 'query' | 'body'> =
  Definition<N> extends Record<K, infer Schema extends z.$ZodType> ? z.input<Schema> : undefined

/** What a call carries; only what the route names. */
export type CallInput<N extends ApiRouteName> = (undefined extends Input<N, 'params'>
  ? { params?: undefined }
  : { params: Input<N, 'params'> }) & {
  query?: Input<N, 'query'>
  body?: Input<N, 'body'>
  idempotencyKey?: string
  signal?: AbortSignal
}

/** A route's parsed answer; of a streamed route, one line or event. */
export type CallOutput<N extends ApiRouteName> = z.output<Definition<N>['response']>

export interface ClientOptions {
  /** Base address of instcomd: `http://127.0.0.1:4000`. Empty in a browser: the page's own origin. */
  readonly url: string
  /** Bearer token; null where a session cookie serves. */
  readonly token: string | null
  readonly fetch?: typeof fetch
}

/** Calls instcomd's REST routes with the types of `protocol`; answers are parsed, errors become Faults with the server's code. */
export class Client {
  readonly #options: ClientOptions

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** Calls a route that answers once. Throws the server's Fault, or `server-unreachable`. */
  async call<N extends ApiRouteName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    const response = await this.open(name, input)
    const body: unknown = response.status === 204 ? null : await response.json()
    return this.#parse(name, body)
  }

  /** Calls a route that answers in lines (NDJSON). Ends when the server ends, or throws when the signal aborts. */
  async *stream<N extends ApiRouteName>(name: N, input: CallInput<N>): AsyncGenerator<CallOutput<N>> {
    const response = await this.open(name, input)
    for await (const line of readLines(response)) {
      if (line !== '') yield this.#parse(name, JSON.parse(line))
    }
  }

  /** Sends the request and returns the successful response unread. */
  async open<N extends ApiRouteName>(name: N, input: CallInput<N>, accept?: string): Promise<Response> {
    const definition = apiRoutes[name]
    const headers: Record<string, string> = {}
    if (accept) headers.accept = accept
    if (this.#options.token) headers.authorization = `Bearer ${this.#options.token}`
    if (input.body !== undefined) headers['content-type'] = 'application/json'
    if (input.idempotencyKey) headers['idempotency-key'] = input.idempotencyKey
    const address = `${this.#options.url}${fillPath(definition.path, input.params)}${printQuery(input.query)}`
    const send = this.#options.fetch ?? fetch
    const body = input.body === undefined ? {} : { body: JSON.stringify(input.body) }
    const response = await send(address, {
      method: definition.method,
      headers,
      ...body,
      ...(input.signal ? { signal: input.signal } : {}),
    }).catch((cause: unknown) => {
      throw input.signal?.aborted ? input.signal.reason : unreachableServer(this.#options.url, cause)
    })
    if (!response.ok) throw await readFault(response)
    return response
  }

  #parse<N extends ApiRouteName>(name: N, body: unknown): CallOutput<N> {
    const parsed = apiRoutes[name].response.safeParse(body)
    // The generic indexing loses the link between the route's name and its schema; the schema just parsed it.
    if (parsed.success) return parsed.data as CallOutput<N>
    throw new Fault(
      'internal',
      `the server's answer to ${name} is not of the documented shape: ${parsed.error.message}`,
    )
  }
}

function fillPath(path: string, params: unknown): string {
  const values = new Map(Object.entries(params ?? {}))
  return path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(values.get(key))))
}

function printQuery(query: unknown): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(key, String(value))
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

function unreachableServer(url: string, cause: unknown): Fault {
  return new Fault(
    'server-unreachable',
    `instcomd does not answer at ${url}; start it (npm start, or slipway server) or point SLIPWAY_URL at it`,
    { cause },
  )
}

async function readFault(response: Response): Promise<Fault> {
  const text = await response.text()
  const parsed = errorBodySchema.safeParse(parseJson(text))
  if (!parsed.success) return new Fault('internal', `the server answered ${response.status}: ${text.slice(0, 500)}`)
  const { code, message, details, request_id } = parsed.data.error
  return new Fault(isFaultCode(code) ? code : 'internal', message, { details: { ...details, request_id } })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
