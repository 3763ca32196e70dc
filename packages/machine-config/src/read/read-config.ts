import type { Document } from '@bgotink/kdl'
import type { MachineConfig, SysconfigConfig } from '@slipway/protocol'
import { canonicalImage } from '../image-reference.ts'
import type { ReadContext } from './context.ts'
import { checkChildren } from './read-node.ts'
import { chooseRoot, readPool } from './read-pool.ts'
import { readFilesystem, readWipe } from './read-disks.ts'
import { booleanOf, readLeaf, stringOf } from './read-leaf.ts'
import { readSize } from './read-size.ts'
import { readSysconfig } from './read-sysconfig.ts'

/** Reads the typed config out of a document; whatever is wrong is reported and left out, so that pointers hold. */
export function readConfig(context: ReadContext, document: Document): MachineConfig {
  const children = checkChildren(context, { node: null, nodes: document.nodes, name: 'document', pointer: '' })
  const first = (name: string) => children(name)[0]
  const pools = children('pool').map((node, index) => readPool(context, node, `/pools/${index}`))
  const filesystem = first('filesystem')
  const image = readLeaf(context, first('image'), 'image', '/image')
  const boot = readLeaf(context, first('boot-environment-name'), 'boot-environment-name', '/boot_environment_name')
  const config: MachineConfig = {
    pools: chooseRoot(context, pools, filesystem !== undefined),
    filesystem: filesystem ? readFilesystem(context, filesystem, '/filesystem') : null,
    image: canonicalImage(stringOf(image) ?? '', context.defaultRegistry),
    boot_environment_name: stringOf(boot) ?? null,
    wipes: children('wipe').map((node, index) => readWipe(context, node, `/wipes/${index}`)),
    swap_bytes: readSize(context, first('swap'), 'swap', '/swap_bytes'),
    dump_bytes: readSize(context, first('dump'), 'dump', '/dump_bytes'),
    reboot: booleanOf(readLeaf(context, first('reboot'), 'reboot', '/reboot')) ?? true,
    agent: booleanOf(readLeaf(context, first('agent'), 'agent', '/agent')) ?? true,
    sysconfig: emptySysconfig,
  }
  const sysconfig = first('sysconfig')
  return sysconfig ? { ...config, sysconfig: readSysconfig(context, sysconfig, '/sysconfig') } : config
}

const emptySysconfig: SysconfigConfig = {
  hostname: '',
  nameservers: [],
  search: [],
  timezone: null,
  locale: null,
  interfaces: [],
  users: [],
}
