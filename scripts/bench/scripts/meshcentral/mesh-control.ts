import { createRequire } from 'node:module'
import { join } from 'node:path'
import { z } from 'zod'

/** The part of `ws` that is used; it comes with MeshCentral, because Node's own WebSocket takes no self-signed certificate. */
interface WebSocketLike {
  on(event: 'message', handler: (data: Buffer) => void): void
  on(event: 'close', handler: () => void): void
  on(event: 'error', handler: (error: Error) => void): void
  send(text: string): void
  close(): void
}

const messageSchema = z.looseObject({
  action: z.string(),
  type: z.unknown().optional(),
  value: z.unknown().optional(),
  responseid: z.unknown().optional(),
})
const meshesSchema = z.object({ result: z.string(), meshid: z.string() })
const nodesSchema = z.object({
  nodes: z.record(z.string(), z.array(z.object({ _id: z.string(), conn: z.number().optional() }))),
})

/** A command's way through the control channel. */
interface Waiting {
  readonly resolve: (message: unknown) => void
  readonly reject: (error: Error) => void
}

/** MeshCentral's control channel (control.ashx), which its own `meshctrl` speaks too. */
export class MeshControl {
  readonly #socket: WebSocketLike
  readonly #waiting = new Map<string, Waiting>()
  /** Told of every piece of output; pieces do not say which command they belong to. */
  onConsole: ((text: string) => void) | null = null
  #last = 0

  private constructor(socket: WebSocketLike) {
    this.#socket = socket
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('MeshCentral closed its control channel'))
    })
  }

  static connect(program: string, options: { url: string; user: string; password: string }): Promise<MeshControl> {
    // MeshCentral's own dependency has no types here; the interface above names what is used of it.
    const make = createRequire(join(program, 'meshcentral.js'))('ws') as new (
      url: string,
      options: object,
    ) => WebSocketLike
    const encode = (text: string) => Buffer.from(text).toString('base64')
    const socket = new make(`${options.url}/control.ashx`, {
      rejectUnauthorized: false, // its certificate is its own
      perMessageDeflate: false,
      maxPayload: 1 << 30,
      headers: { 'x-meshauth': `${encode(options.user)},${encode(options.password)}` },
    })
    const control = new MeshControl(socket)
    return new Promise((resolve, reject) => {
      socket.on('error', reject)
      socket.on('message', (data) => {
        const message = messageSchema.parse(JSON.parse(data.toString()))
        if (message.action === 'serverinfo') resolve(control)
        else control.#take(message)
      })
    })
  }

  #take(message: z.infer<typeof messageSchema>): void {
    if (message.type === 'console') this.onConsole?.(z.string().catch('').parse(message.value))
    if (typeof message.responseid !== 'string') return
    this.#waiting.get(message.responseid)?.resolve(message)
    this.#waiting.delete(message.responseid)
  }

  call(action: string, fields: object): Promise<unknown> {
    const responseid = `bench${(this.#last += 1)}`
    return new Promise((resolve, reject) => {
      this.#waiting.set(responseid, { resolve, reject })
      this.#socket.send(JSON.stringify({ action, responseid, ...fields }))
    })
  }

  /** Makes a device group and returns its id without `mesh//`. */
  async addGroup(): Promise<string> {
    const made = meshesSchema.parse(await this.call('createmesh', { meshname: 'bench', meshtype: 2 }))
    return made.meshid.split('/')[2] ?? ''
  }

  /** The id of the one device that is connected; null when there is none yet. */
  async findNode(): Promise<string | null> {
    const { nodes } = nodesSchema.parse(await this.call('nodes', {}))
    return (
      Object.values(nodes)
        .flat()
        .find(({ conn }) => ((conn ?? 0) & 1) === 1)?._id ?? null
    )
  }

  close(): void {
    this.#socket.close()
  }
}
