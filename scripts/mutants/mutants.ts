/** One guard, how it looks when removed, and the test that must notice. */
export interface Mutant {
  readonly name: string
  /** What could happen without the guard. */
  readonly why: string
  readonly file: string
  /** Exact text of the guard; must stand exactly once in the file. */
  readonly guard: string
  readonly removed: string
  /** Test file, and the name of the test where running the whole file is slow. */
  readonly test: string
  readonly testName?: string
}

/** The guards that matter most. */
export const mutants: readonly Mutant[] = [
  {
    name: 'lower-fence',
    why: 'a server that lost the machine goes on changing it',
    file: 'apps/machined/src/claims/claims.ts',
    guard: 'if (claim.fence < highest) {',
    removed: 'if (claim.fence < 0) {',
    test: 'apps/machined/src/claims/claims.test.ts',
  },
  {
    name: 'equal-fence',
    why: 'two claims with one fence both act',
    file: 'apps/machined/src/claims/claims.ts',
    guard: 'claim.fence === highest && claim.claim_id !== this.#stored.claim_id',
    removed: "claim.fence === highest && claim.claim_id === ''",
    test: 'apps/machined/src/claims/claims.test.ts',
  },
  {
    name: 'claim-expiry',
    why: 'a claim outlives its lease',
    file: 'apps/machined/src/claims/claims.ts',
    guard: 'if (!lease || this.#hasExpired(lease)) {',
    removed: 'if (!lease) {',
    test: 'apps/machined/src/claims/claims.test.ts',
  },
  {
    name: 'second-installation',
    why: 'two installations write to one machine',
    file: 'apps/machined/src/installation/installations.ts',
    guard: "if (current && (this.isBusy || current.status === 'rebooting')) {",
    removed: "if (current && current.status === 'rebooting' && !this.isBusy) {",
    test: 'apps/machined/src/installation/installations.test.ts',
  },
  {
    name: 'plan-digest',
    why: 'a plan that nobody confirmed is executed',
    file: 'apps/machined/src/installation/install-request.ts',
    guard: 'if (digest !== planSha256) {',
    removed: "if (digest === '') {",
    test: 'apps/machined/src/installation/installations.test.ts',
  },
  {
    name: 'peer-chain',
    why: "a stranger's certificate is obeyed",
    file: 'apps/machined/src/identity/verify-chain.ts',
    guard: 'certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)',
    removed: 'certificate.checkIssued(issuer) || issuer.ca',
    test: 'apps/machined/src/identity/verify-chain.test.ts',
  },
  {
    name: 'blob-digest',
    why: 'a damaged or forged layer is installed',
    file: 'packages/oci/src/registry/blob-stream.ts',
    guard: 'if (actual === descriptor.digest) return',
    removed: "if (actual !== '') return",
    test: 'packages/oci/src/registry/pull.test.ts',
  },
  {
    name: 'diff-id',
    why: "a layer other than the image's configuration names is installed",
    file: 'packages/oci/src/layer/apply-layer.ts',
    guard: 'if (actual !== layer.diff_id)',
    removed: "if (actual === '')",
    test: 'packages/oci/src/layer/apply-layer.test.ts',
  },
  {
    name: 'dot-dot',
    why: 'a layer writes outside of the target root',
    file: 'packages/oci/src/layer/entry-path.ts',
    guard: "if (!parts.includes('..')) return parts",
    removed: 'if (parts.length >= 0) return parts',
    test: 'packages/oci/src/layer/escapes.test.ts',
  },
  {
    name: 'absolute-link',
    why: 'an absolute link leads a layer out of the target root',
    file: 'packages/oci/src/layer/layer-model.ts',
    guard: "if (node.link.startsWith('/')) restart(path, nodes)",
    removed: "if (node.link.startsWith('/')) return null",
    test: 'packages/oci/src/layer/escapes.test.ts',
  },
  {
    name: 'devices',
    why: 'a layer makes a device where none is allowed',
    file: 'packages/oci/src/layer/entry-gate.ts',
    guard: 'if (allowDevices) return raw.type',
    removed: 'if (raw.type) return raw.type',
    test: 'packages/oci/src/layer/escapes.test.ts',
  },
  {
    name: 'disk-size',
    why: 'a plan runs on a disk that was exchanged',
    file: 'packages/host/src/linux/block/find-disk.ts',
    guard: 'if (disk.bytes !== wanted.bytes) throw',
    removed: 'if (disk.bytes < 0) throw',
    test: 'packages/host/src/linux',
  },
  {
    name: 'foreign-data',
    why: "a disk with somebody's data is partitioned",
    file: 'packages/host/src/linux/block/guards.ts',
    guard: 'if (foreign) throw changed',
    removed: 'if (foreign && disk.readOnly) throw changed',
    test: 'packages/host/src/linux',
  },
  {
    name: 'one-winner',
    why: 'two operators hold one machine',
    file: 'apps/instcomd/src/claims/store.ts',
    guard: 'WHERE c.claim_id IS NULL OR (c.installation_id IS NULL AND c.expires_at <= clock_timestamp())',
    removed: 'WHERE true',
    test: 'apps/instcomd/src/claims/store.test.ts',
  },
  {
    name: 'plan-confirmed',
    why: 'data is destroyed that nobody confirmed',
    file: 'apps/instcomd/src/installations/service.ts',
    guard: 'if (!destroysData(made.plan)) return made',
    removed: 'if (made.plan) return made',
    test: 'apps/instcomd/src/installations/installations.test.ts',
  },
]
