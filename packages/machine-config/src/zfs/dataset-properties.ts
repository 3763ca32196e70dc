import { oneOf, onOff, readOnly, type PropertyRule, type ZfsProperty } from './property-rule.ts'

const compression = oneOf(
  'on',
  'off',
  'lz4',
  'lzjb',
  'zle',
  'gzip',
  ...Array.from({ length: 9 }, (_, level) => `gzip-${level + 1}`),
  'zstd',
  ...Array.from({ length: 19 }, (_, level) => `zstd-${level + 1}`),
  'zstd-fast',
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 500, 1000].map(
    (level) => `zstd-fast-${level}`,
  ),
)
const checksum = oneOf('on', 'off', 'fletcher2', 'fletcher4', 'sha256', 'noparity', 'sha512', 'skein', 'edonr')
const dedup = oneOf(
  'on',
  'off',
  'verify',
  ...['sha256', 'sha512', 'skein'].flatMap((sum) => [sum, `${sum},verify`]),
  'edonr,verify',
)
const share: PropertyRule = { type: 'text', pattern: /^[\u0020-\u007e]{1,1024}$/u, example: '"off"' }
const cached = oneOf('all', 'none', 'metadata')
const caseKinds = oneOf('sensitive', 'insensitive', 'mixed')
const size: PropertyRule = { type: 'size' }
const context: ZfsProperty = {
  rule: { type: 'text', pattern: /^[\w:.,-]{1,255}$/u, example: '"none"' },
  only: 'linux',
}
const encrypted = {
  type: 'not-settable',
  why: 'an encrypted pool could not be opened while the machine boots by itself',
} as const

const readOnlyNames = (
  'available clones compressratio createtxg creation defer_destroy encryptionroot filesystem_count keystatus ' +
  'logicalreferenced logicalused mounted name objsetid origin receive_resume_token redact_snaps referenced ' +
  'refcompressratio snapshot_count type used usedbychildren usedbydataset usedbyrefreservation usedbysnapshots ' +
  'userrefs volsize volblocksize written'
).split(' ')

/** Dataset properties with their legal values: zfsprops(7) of OpenZFS 2.1 and illumos. Set with `zpool create -O`. */
export const datasetProperties: Readonly<Record<string, ZfsProperty>> = {
  aclinherit: {
    rule: oneOf('discard', 'noallow', 'restricted', 'passthrough', 'passthrough-x'),
  },
  aclmode: { rule: oneOf('discard', 'groupmask', 'passthrough', 'restricted') },
  acltype: { rule: oneOf('off', 'noacl', 'nfsv4', 'posix', 'posixacl'), only: 'linux' },
  atime: { rule: onOff },
  casesensitivity: { rule: caseKinds },
  checksum: { rule: checksum },
  compression: { rule: compression },
  context,
  copies: { rule: { type: 'integer', from: 1, to: 3 } },
  dedup: { rule: dedup },
  defcontext: context,
  devices: { rule: onOff },
  dnodesize: { rule: oneOf('legacy', 'auto', '1k', '2k', '4k', '8k', '16k') },
  exec: { rule: onOff },
  filesystem_limit: { rule: { type: 'text', pattern: /^(?:none|\d{1,15})$/u, example: '"none"' } },
  fscontext: context,
  logbias: { rule: oneOf('latency', 'throughput') },
  mlslabel: { rule: { type: 'text', pattern: /^[\u0020-\u007e]{1,255}$/u, example: '"none"' } },
  nbmand: { rule: onOff },
  normalization: { rule: oneOf('none', 'formC', 'formD', 'formKC', 'formKD') },
  overlay: { rule: onOff, only: 'linux' },
  primarycache: { rule: cached },
  quota: { rule: size },
  readonly: { rule: onOff },
  // 512 B … 1 MiB; up to 16 MiB with zfs_max_recordsize raised (zfs(4)).
  recordsize: { rule: { type: 'block-size', from: 512, to: 16 * 1024 ** 2 } },
  redundant_metadata: { rule: oneOf('all', 'most') },
  refquota: { rule: size },
  refreservation: { rule: size },
  relatime: { rule: onOff, only: 'linux' },
  reservation: { rule: size },
  rootcontext: context,
  secondarycache: { rule: cached },
  setuid: { rule: onOff },
  sharenfs: { rule: share },
  sharesmb: { rule: share },
  snapdev: { rule: oneOf('hidden', 'visible'), only: 'linux' },
  snapdir: { rule: oneOf('hidden', 'visible') },
  snapshot_limit: { rule: { type: 'text', pattern: /^(?:none|\d{1,15})$/u, example: '"none"' } },
  special_small_blocks: { rule: { type: 'block-size', from: 512, to: 1024 ** 2, or: ['0'] } },
  sync: { rule: oneOf('standard', 'always', 'disabled') },
  utf8only: { rule: onOff },
  volmode: { rule: oneOf('default', 'full', 'geom', 'dev', 'none'), only: 'linux' },
  vscan: { rule: onOff },
  // `sa` and `dir` are OpenZFS'; illumos has on and off.
  xattr: { rule: oneOf('on', 'off', 'sa', 'dir') },
  zoned: { rule: onOff, only: 'illumos' },
  canmount: { rule: oneOf('on', 'off', 'noauto'), notInRoot: true },
  mountpoint: {
    rule: { type: 'text', pattern: /^(?:none|legacy|(?:\/[\w.@:-]+)+)$/u, example: '"/srv/data"' },
    notInRoot: true,
  },
  encryption: { rule: encrypted },
  keyformat: { rule: encrypted },
  keylocation: { rule: encrypted },
  pbkdf2iters: { rule: encrypted },
  ...Object.fromEntries(readOnlyNames.map((name): [string, ZfsProperty] => [name, { rule: readOnly }])),
}
