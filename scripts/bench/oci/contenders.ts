import { join } from 'node:path'
import type { ImageServer } from './serve-image.ts'

/** One way to pull and unpack the image; `command` is a shell line that fills `target`, which is empty and exists. */
export interface Contender {
  readonly name: 'slipway' | 'skopeo+umoci' | 'curl|tar'
  command(target: string): string
  /** Where the tree is below the target. */
  readonly root: string
}

/** As images/live/init starts machined. */
const nodeFlags = '--max-semi-space-size=2'

/** The three, in the order of the first round. */
export function makeContenders(server: ImageServer, program: string): Contender[] {
  const { host, repository, tag } = server
  const base = `http://${host}/v2/${repository}`
  return [
    {
      name: 'slipway',
      root: 'root',
      command: (target) =>
        `mkdir ${join(target, 'root')} && ${process.execPath} ${nodeFlags} ${program} oci://${host}/${repository}:${tag} ${join(target, 'root')}`,
    },
    {
      name: 'skopeo+umoci',
      root: 'bundle/rootfs',
      command: (target) =>
        `cd ${target} && skopeo copy -q --src-tls-verify=false docker://${host}/${repository}:${tag} oci:image:${tag} && umoci unpack --image image:${tag} bundle`,
    },
    {
      // The floor: no digest is checked, no whiteout applied, no entry looked at.
      name: 'curl|tar',
      root: 'root',
      command: (target) =>
        `mkdir ${join(target, 'root')} && cd ${join(target, 'root')} && curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' ${base}/manifests/${tag} | jq -r '.layers[].digest' | ` +
        `while read digest; do curl -sf ${base}/blobs/$digest | tar -xzp --numeric-owner --same-owner --xattrs --xattrs-include='*' || exit 1; done`,
    },
  ]
}
