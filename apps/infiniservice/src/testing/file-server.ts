import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A web server with one file, which can break off and which knows Range. */
export interface FileServer {
  readonly url: string
  /** `range` header of every request; undefined when there was none. */
  readonly ranges: (string | undefined)[]
  /** So many answers from now on stop in the middle, each once `arrived` says that more than its first byte is there. */
  breakOff(times: number, arrived?: (firstByte: number) => Promise<void>): void
  close(): Promise<void>
}

export async function startFileServer(content: Buffer, options: { ranges?: boolean } = {}): Promise<FileServer> {
  const ranges: (string | undefined)[] = []
  let toBreak = 0
  let whenArrived: (firstByte: number) => Promise<void> = () => Promise.resolve()
  const server = createServer((request: IncomingMessage, response) => {
    ranges.push(request.headers.range)
    if (request.url === '/none') return response.writeHead(404).end()
    if (request.url === '/moved') return response.writeHead(302, { location: '/file' }).end()
    const asked = options.ranges === false ? undefined : /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]
    const from = asked === undefined ? 0 : Number(asked)
    if (asked !== undefined && from >= content.length)
      return response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end()
    const body = content.subarray(from)
    const range = `bytes ${from}-${content.length - 1}/${content.length}`
    response.writeHead(asked === undefined ? 200 : 206, {
      'content-length': body.length,
      ...(asked !== undefined && { 'content-range': range }),
    })
    if (toBreak === 0) return response.end(body)
    toBreak -= 1
    return response.write(body.subarray(0, Math.floor(body.length / 2)), () => {
      void whenArrived(from).then(() => response.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    url: `http://127.0.0.1:${port}/file`,
    ranges,
    breakOff(times, arrived = () => Promise.resolve()) {
      toBreak = times
      whenArrived = arrived
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
