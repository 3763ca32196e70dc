import type { Plan, StepKind, StepOf } from '@slipway/protocol'
import type { StepContext } from '../../host.ts'

/** A step with the given params and nothing else of interest. */
export function testStep<K extends StepKind>(kind: K, params: StepOf<K>['params'], id: string = kind): StepOf<K> {
  const parts = { kind, id, title: id, reads: [], writes: [], destroys: [], undo: { kind: 'nothing-to-undo' } }
  // The kind and its params come from one type parameter, which the union cannot express.
  return { ...parts, estimated_seconds: 1, params } as unknown as StepOf<K>
}

/** A context for one installation; the log is dropped. */
export function testContext(
  installationId: string,
  parts: Partial<Pick<Plan, 'steps' | 'root' | 'boot_environment'>> &
    Partial<Pick<StepContext, 'kdl' | 'firstBoot'>> = {},
): StepContext {
  return {
    installationId,
    plan: {
      version: 1,
      machine_id: 'machine-1',
      platform: 'linux',
      image: { reference: 'oci://localhost/test:1', digest: `sha256:${'0'.repeat(64)}`, bytes: 1 },
      boot_environment: parts.boot_environment ?? 'be-1',
      root: parts.root ?? 'ext4',
      reboot: true,
      steps: parts.steps ?? [],
    },
    kdl: parts.kdl ?? '',
    firstBoot: parts.firstBoot ?? null,
    kernelArguments: [],
    signal: new AbortController().signal,
    log() {},
  }
}
