import { routes, routeSummaries, type Route } from '@slipway/protocol'
import { distributionPaths } from '../distribution/openapi-paths.ts'
import { routeNames } from './combine-handlers.ts'

/** Nothing from elsewhere, no script: pages that only tell. */
export const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}' +
  'code{font:14px ui-monospace,monospace;background:#f0f2f4;padding:.1em .3em;border-radius:3px}' +
  'table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid #d5dae0}' +
  'a{color:#0b57d0}@media(prefers-color-scheme:dark){body{color:#e6e9ed;background:#15181c}code{background:#262b31}td,th{border-color:#333a42}a{color:#8ab4f8}}'

/** `/` where the web app was not built: what this server is, and where to go. */
export function homePage(version: string): string {
  return page(
    'Slipway',
    `<h1>Slipway</h1><p>instcomd ${escape(version)} is running. Its web app was not built: run <code>node scripts/build-ui.mjs</code> in its folder (<code>npm start</code> does so by itself) and start it again.</p>
<ul><li><a href="/api/docs">The routes of this server</a> (<a href="/api/openapi.json">OpenAPI 3.1</a>)</li>
<li><a href="/ready">Whether it is ready</a></li>
<li><a href="/trust">Its certificate authority, and how to trust it</a></li></ul>
<p>Command line: <code>./slipway machines list</code>, <code>./slipway doctor</code>.</p>`,
  )
}

/** `/api/docs`: the route table, readable. */
export function docsPage(version: string): string {
  const rows = routeNames().map((name) => {
    const route: Route = routes[name]
    return `<tr id="${name}"><td><code>${route.method} ${escape(route.path.replace(/:(\w+)/g, '{$1}'))}</code></td><td>${escape(routeSummaries[name])}</td><td>${route.permission}</td><td>${route.listener}</td></tr>`
  })
  for (const [path, { get }] of Object.entries(distributionPaths))
    rows.push(
      `<tr><td><code>GET ${escape(path)}</code></td><td>${escape(get.summary)}</td><td>open</td><td>api</td></tr>`,
    )
  return page(
    'Slipway: routes',
    `<h1>Routes</h1><p>Slipway ${escape(version)}. Every request and answer with its schema stands in <a href="/api/openapi.json">openapi.json</a>.
Send <code>Authorization: Bearer TOKEN</code>; the first token is in <code>admin.token</code> in the data directory.</p>
<p><code>read</code> is what a viewer may, <code>operate</code> an operator, <code>administer</code> an admin; <code>open</code> needs no token. <code>machine</code> is the TLS listener for machines.</p>
<table><thead><tr><th>Route</th><th>What it does</th><th>Permission</th><th>Listener</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
  )
}

/** `/trust`: how a browser or a program comes to trust this server's own authority. */
export function trustPage(fingerprint: string): string {
  return page(
    'Slipway: certificate authority',
    `<h1>Certificate authority</h1><p><a href="/ca.crt">ca.crt</a>, SHA-256 <code>${escape(fingerprint)}</code>.
Compare this with what the server prints at its start before you trust it.</p>
<ul><li>curl: <code>curl --cacert ca.crt https://…</code></li>
<li>Debian, Ubuntu: copy it to <code>/usr/local/share/ca-certificates/slipway.crt</code>, then <code>update-ca-certificates</code></li>
<li>Fedora, RHEL: copy it to <code>/etc/pki/ca-trust/source/anchors/</code>, then <code>update-ca-trust</code></li>
<li>Firefox: Settings, Certificates, Authorities, Import. Chrome: Settings, Security, Manage certificates</li></ul>`,
  )
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${style}</style><body>${body}</body></html>`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
