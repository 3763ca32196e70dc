type Json = Readonly<Record<string, unknown>>

const platform = { name: 'platform', in: 'path', required: true, schema: { enum: ['windows', 'linux'] } }
const arch = { name: 'arch', in: 'query', required: false, schema: { enum: ['x64', 'arm64'], default: 'x64' } }
const token = {
  name: 'token',
  in: 'query',
  required: false,
  schema: { type: 'string' },
  description: 'A machine’s token, where distribution.require_token asks for one; better as Authorization: Bearer',
}

/** The routes of agent.md, "Distribution", as they stand in docs page and OpenAPI document beside the route table. */
export const distributionPaths: Readonly<Record<string, { readonly get: Json & { readonly summary: string } }>> = {
  '/infiniservice/{platform}/binary': describe(
    'getAgentBinary',
    'The agent; ETag, Range, HEAD, zstd and gzip',
    'application/octet-stream',
    [platform, arch, token],
  ),
  '/infiniservice/{platform}/script': describe('getAgentScript', 'The agent’s install script', 'text/plain', [
    platform,
    token,
  ]),
  '/infiniservice/{platform}/signature': describe(
    'getAgentSignature',
    'The minisign signature of the agent',
    'text/plain',
    [platform, arch, token],
  ),
  '/infiniservice/metadata': describe(
    'getAgentMetadata',
    'Version, sizes and digests of the agent',
    'application/json',
    [token],
  ),
  '/infiniservice/health/{vmId}': describe(
    'getAgentHealth',
    'Whether a machine’s agent was seen; needs its token, or one that may read',
    'application/json',
    [{ name: 'vmId', in: 'path', required: true, schema: { type: 'string' } }, token],
  ),
}

function describe(operationId: string, summary: string, type: string, parameters: readonly Json[]) {
  return {
    get: {
      operationId,
      tags: ['api'],
      summary,
      'x-permission': 'open', // distribution.* decides, see access.ts
      security: [],
      parameters,
      responses: {
        '200': { description: 'Success', content: { [type]: {} } },
        default: {
          description: 'An error of these routes: {"error": "…"}',
          content: {
            'application/json': {
              schema: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
            },
          },
        },
      },
    },
  }
}
