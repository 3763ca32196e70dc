import { silentLogger } from '@slipway/base'
import type { Event, EventType } from '@slipway/protocol'
import { afterAll, expect, test } from 'vitest'
import { makeEmptyDomain } from '../testing/empty-domain.ts'
import { startTestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'
import { EventFeed } from './event-feed.ts'
import { startEventSequencer } from './event-sequencer.ts'
import { coalesceProgress, followEvents, openCursor, TooFarBehind } from './follow-events.ts'
import { sequenceEvents } from './sequence-events.ts'
import { expireProgress, readHead } from './store.ts'
import { parseTypes } from './type-filter.ts'

const database = await makeTestDatabase()
const server = await startTestInstcomd({ databaseUrl: database.url, makeDomain: makeEmptyDomain() })
const sequencer = startEventSequencer(database, silentLogger)
afterAll(async () => {
  await sequencer.stop()
  await server.stop()
})

let mark = 0
async function append(type: EventType, data: Record<string, unknown> = {}): Promise<void> {
  mark += 1
  const own = { machine_id: 'm', mark }
  await database.transaction((tx) => sequencer.appendEvent(tx, { type, data: { ...own, ...data }, actor: 'test' }))
  await sequenceEvents(database)
}

async function head(): Promise<number> {
  return (await readHead(database)).seq
}

type Received = Event[] & { socket: WebSocket; closed: Promise<CloseEvent> }

/** Node's WebSocket takes headers beside the protocols (undici); a browser's has only its cookie. */
async function open(
  query: string,
  headers: Record<string, string> = { authorization: `Bearer ${server.token}` },
): Promise<Received> {
  const Socket = WebSocket as unknown as new (url: string, options: { headers: Record<string, string> }) => WebSocket
  const socket = new Socket(`${server.url.replace('http', 'ws')}/api/events${query}`, { headers })
  const events: Event[] = []
  const { promise: closed, resolve } = Promise.withResolvers<CloseEvent>()
  socket.addEventListener('message', ({ data }) => events.push(JSON.parse(String(data)) as Event)) // our own server's
  socket.addEventListener('close', resolve)
  await new Promise((done, failed) => {
    socket.addEventListener('open', done)
    socket.addEventListener('error', () => failed(new Error('refused')))
  })
  return Object.assign(events, { socket, closed })
}

const seqs = (events: readonly Event[]) => events.map(({ seq }) => seq)

test('a WebSocket replays after a number and then follows, without gap or duplicate, while events keep coming', async () => {
  const start = await head()
  for (let index = 0; index < 30; index += 1) await append('machines.updated')
  const received = await open(`?after=${start}`)
  for (let index = 0; index < 30; index += 1) await append('machines.updated')
  await expect.poll(() => received.length, { timeout: 10_000 }).toBe(60)
  expect(seqs(received)).toEqual(Array.from({ length: 60 }, (_, index) => start + 1 + index))
  expect(received[0]).toMatchObject({ type: 'machines.updated', data: { machine_id: 'm' } })
  expect(received[0]?.at).toMatch(/^\d{4}-.*Z$/)
  received.socket.close()
})

test('without a number only what comes from now on is sent, and types choose', async () => {
  await append('machines.updated')
  const received = await open('?types=installation.*,machines.claimed')
  await append('machines.updated')
  await append('installation.step', { installation_id: 'i' })
  await append('machines.claimed')
  await expect.poll(() => received.map(({ type }) => type)).toEqual(['installation.step', 'machines.claimed'])
  received.socket.close()
})

test('a stranger, a token in the URL and a pattern that names nothing are refused before the upgrade', async () => {
  await expect(open('', {})).rejects.toThrow('refused')
  await expect(open(`?token=${server.token}`, {})).rejects.toThrow('refused')
  expect((await server.call('/api/events?types=nothing.*')).status).toBe(400)
  expect((await server.call(`/api/events?after=${(await head()) + 1}`)).status).toBe(400)
})

test('the same as server-sent events; a reader that comes back with Last-Event-ID misses nothing', async () => {
  const start = await head()
  await append('machines.updated')
  const first = await readEvents(start, 1)
  await append('machines.released')
  const second = await readEvents(first[0]?.seq ?? 0, 1)
  expect([...seqs(first), ...seqs(second)]).toEqual([start + 1, start + 2])
})

async function readEvents(lastEventId: number, count: number): Promise<Event[]> {
  const leaving = new AbortController()
  const response = await server.call('/api/events', {
    headers: { accept: 'text/event-stream', 'last-event-id': String(lastEventId) },
    signal: leaving.signal,
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  let text = ''
  const events = () =>
    text
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => JSON.parse(line.slice(5)) as Event)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  while (events().length < count) text += (await reader?.read())?.value ?? ''
  leaving.abort()
  return events()
}

test('of each installation’s progress a slow reader gets the newest, and of everything else all', () => {
  const event = (seq: number, type: EventType, id: string): Event => ({
    seq,
    type,
    at: '',
    data: { installation_id: id },
  })
  const kept = coalesceProgress([
    event(1, 'installation.progress', 'a'),
    event(2, 'installation.step', 'a'),
    event(3, 'installation.progress', 'b'),
    event(4, 'installation.progress', 'a'),
    event(5, 'installation.step', 'a'),
  ])
  expect(seqs(kept)).toEqual([2, 3, 4, 5])
})

test('a reader that followed and fell out of memory is told so, and comes back by its number', async () => {
  const feed = new EventFeed(database, silentLogger, 8)
  await feed.open()
  const stop = new AbortController()
  const types = parseTypes(undefined)
  const start = await head()
  const reader = followEvents({ database, feed }, { after: start, types }, stop.signal)
  // The first may still come from the table; the second comes from memory for sure.
  for (const seq of [start + 1, start + 2]) {
    const next = reader.next()
    await append('machines.updated')
    expect(seqs((await next).value ?? [])).toEqual([seq])
  }
  for (let index = 0; index < 40; index += 1) await append('machines.updated')
  await expect.poll(() => feed.start).toBeGreaterThan(start + 2)
  await expect(reader.next()).rejects.toThrow(TooFarBehind)

  const again: number[] = []
  for await (const batch of followEvents({ database, feed }, { after: start + 2, types }, stop.signal)) {
    again.push(...seqs(batch))
    if (again.length >= 40) break
  }
  expect(again).toEqual(Array.from({ length: 40 }, (_, index) => start + 3 + index))
  stop.abort()
  await feed.close()
})

test('expired progress answers 410 with where to go on, but only to those who ask for progress', async () => {
  const start = await head()
  await append('installation.progress', { installation_id: 'old' })
  const { seq } = await readHead(database)
  await database.query("UPDATE events SET at = now() - interval '8 days' WHERE seq = $1", [seq])
  expect(await expireProgress(database, 7)).toBe(1)
  const expired = await server.call(`/api/events?after=${start}`)
  expect([expired.status, await expired.json()]).toMatchObject([
    410,
    { error: { code: 'events-expired', details: { complete_after: seq } } },
  ])
  await expect(openCursor(database, start, parseTypes('machines.*'))).resolves.toMatchObject({ after: start })
  await expect(openCursor(database, seq, parseTypes(undefined))).resolves.toMatchObject({ after: seq })
})

test('a server that stops says goodbye to its readers', async () => {
  const other = await startTestInstcomd({ databaseUrl: database.url, makeDomain: makeEmptyDomain() })
  const Socket = WebSocket as unknown as new (url: string, options: { headers: Record<string, string> }) => WebSocket
  const socket = new Socket(`${other.url.replace('http', 'ws')}/api/events`, {
    headers: { authorization: `Bearer ${other.token}` },
  })
  await new Promise((done) => socket.addEventListener('open', done))
  const closed = new Promise<CloseEvent>((done) => socket.addEventListener('close', done))
  await other.stop()
  expect((await closed).code).toBe(1001)
})
