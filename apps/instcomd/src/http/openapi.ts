import { faultMeanings, faultTable, isFaultCode } from '@slipway/base'
import { errorBodySchema, routes, routeSummaries, type Route, type RouteName } from '@slipway/protocol'
import { z } from 'zod'
import { distributionPaths } from '../distribution/openapi-paths.ts'
import { routeNames } from './combine-handlers.ts'

type Json = Readonly<Record<string, unknown>>

/** Makes the OpenAPI 3.1 document from the route table: the same schemas that check requests (JSON Schema 2020-12). */
export function makeOpenApi(version: string, serverUrl: string): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const name of routeNames()) {
    const route: Route = routes[name]
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describe(name, route) }
  }
  Object.assign(paths, distributionPaths)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Slipway',
      version,
      description:
        'From a machine’s first packet to a managed host. Times are RFC 3339 in UTC; created things answer 201; lists are {items, next_cursor}.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    security: [{ token: [] }],
    tags: [
      { name: 'api', description: 'server.port, for people and programs' },
      { name: 'machine', description: 'server.machine_port, for machines; always TLS' },
    ],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token, such as the one in admin.token' },
        session: { type: 'apiKey', in: 'cookie', name: 'slipway_session', description: 'A browser’s session' },
      },
      schemas: { Error: toSchema(errorBodySchema, 'output') },
      responses: {
        Error: {
          description: errorDescription(),
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
    },
  }
}

function describe(name: RouteName, route: Route): Json {
  return {
    operationId: name,
    tags: [route.listener],
    summary: routeSummaries[name],
    'x-permission': route.permission,
    ...(route.permission === 'open' ? { security: [] } : { security: [{ token: [] }, { session: [] }] }),
    parameters: [...parameters('path', route.params), ...parameters('query', route.query), ...idempotency(route)],
    ...(route.body
      ? {
          requestBody: {
            required: !route.body.safeParse(undefined).success,
            content: { 'application/json': { schema: toSchema(route.body, 'input') } },
          },
        }
      : {}),
    responses: { [String(route.status ?? 200)]: success(route), default: { $ref: '#/components/responses/Error' } },
  }
}

function success(route: Route): Json {
  if (route.status === 204) return { description: 'Done' }
  const type = route.stream ?? 'application/json'
  const description = route.stream ? 'A stream; the schema is that of one line or event' : 'Success'
  return { description, content: { [type]: { schema: toSchema(route.response, 'output') } } }
}

function parameters(place: 'path' | 'query', schema: z.core.$ZodType | undefined): Json[] {
  if (!schema) return []
  const { properties, required } = z
    .object({ properties: z.record(z.string(), z.unknown()), required: z.array(z.string()).default([]) })
    .parse(toSchema(schema, 'input'))
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: one,
  }))
}

function idempotency(route: Route): Json[] {
  if (route.method !== 'POST' || route.permission === 'open') return []
  return [
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      schema: { type: 'string', maxLength: 255 },
      description: 'The same key gets the first answer again',
    },
  ]
}

function toSchema(schema: z.core.$ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

function errorDescription(): string {
  const codes = Object.entries(faultTable).map(
    ([code, { status }]) => `- \`${code}\` (${status}): ${isFaultCode(code) ? faultMeanings[code] : ''}`,
  )
  return `An error, with the status of its code:\n${codes.join('\n')}`
}
