import type { ZpoolPropertyName } from '@slipway/protocol'
import { installers, oneOf, onOff, readOnly, type ZfsProperty } from './property-rule.ts'

/** Pool properties with their legal values: zpoolprops(7) of OpenZFS 2.1 and illumos. Set with `zpool create -o`. */
export const poolProperties: Readonly<Record<ZpoolPropertyName, ZfsProperty>> = {
  // zpoolprops(7): "values from 9 to 16, inclusive, are valid; also, the value 0".
  ashift: { rule: { type: 'integer', from: 0, to: 16 } },
  autoexpand: { rule: onOff },
  autoreplace: { rule: onOff },
  autotrim: { rule: onOff },
  comment: { rule: { type: 'text', pattern: /^[\u0020-\u007e]{1,32}$/u, example: '"rack 4"' } },
  compatibility: {
    rule: { type: 'text', pattern: /^[A-Za-z0-9][A-Za-z0-9._,-]{0,255}$/u, example: '"openzfs-2.1-linux"' },
    only: 'linux',
  },
  dedupditto: { rule: { type: 'integer', from: 0, to: 4_294_967_295 }, only: 'illumos' },
  delegation: { rule: onOff },
  failmode: { rule: oneOf('wait', 'continue', 'panic') },
  listsnapshots: { rule: onOff },
  multihost: { rule: onOff },
  version: { rule: { type: 'integer', from: 1, to: 5000 } },
  altroot: { rule: installers },
  bootfs: { rule: installers },
  bootsize: { rule: installers },
  cachefile: { rule: installers },
  allocated: { rule: readOnly },
  capacity: { rule: readOnly },
  expandsize: { rule: readOnly },
  fragmentation: { rule: readOnly },
  free: { rule: readOnly },
  freeing: { rule: readOnly },
  guid: { rule: readOnly },
  health: { rule: readOnly },
  leaked: { rule: readOnly },
  load_guid: { rule: readOnly },
  size: { rule: readOnly },
}
