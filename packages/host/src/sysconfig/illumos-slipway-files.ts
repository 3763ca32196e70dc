import type { FirstBootReport } from '@slipway/protocol'
import { lstat } from 'node:fs/promises'
import { pathInRoot } from './path-in-root.ts'
import { firstBootPath, machineConfigPath, sysconfigProgramPath } from './slipway-files.ts'
import type { SysconfigChange } from './sysconfig-plan.ts'

/** Imported by svc:/system/manifest-import at boot: site manifests lie here (smf(7)). */
const manifestPath = '/lib/svc/manifest/site/slipway-sysconfig.xml'

/** The service that applies the config at every boot and reports the first one. Source: service_bundle(5), smf_method(7). */
export const sysconfigManifest = `<?xml version="1.0"?>
<!DOCTYPE service_bundle SYSTEM "/usr/share/lib/xml/dtd/service_bundle.dtd.1">
<service_bundle type="manifest" name="slipway-sysconfig">
  <service name="site/slipway-sysconfig" type="service" version="1">
    <create_default_instance enabled="true"/>
    <single_instance/>
    <dependency name="network" grouping="require_all" restart_on="none" type="service">
      <service_fmri value="svc:/milestone/network:default"/>
    </dependency>
    <dependency name="filesystem" grouping="require_all" restart_on="none" type="service">
      <service_fmri value="svc:/system/filesystem/local:default"/>
    </dependency>
    <exec_method type="method" name="start" timeout_seconds="7200"
      exec="/opt/slipway/node/bin/node ${sysconfigProgramPath} apply --report"/>
    <exec_method type="method" name="stop" timeout_seconds="60" exec=":true"/>
    <property_group name="startd" type="framework">
      <propval name="duration" type="astring" value="transient"/>
    </property_group>
    <stability value="Evolving"/>
    <template>
      <common_name><loctext xml:lang="C">Slipway: apply the machine config and report the first boot</loctext></common_name>
    </template>
  </service>
</service_bundle>
`

/** The files that Slipway itself needs in an illumos target. */
export async function planIllumosSlipwayFiles(
  root: string,
  input: { kdl: string; firstBoot: FirstBootReport | null },
): Promise<SysconfigChange[]> {
  const changes: SysconfigChange[] = [
    { kind: 'directory', path: '/etc/slipway', mode: 0o755 },
    { kind: 'file', path: machineConfigPath, content: input.kdl, mode: 0o600 },
  ]
  if (input.firstBoot) {
    const content = `${JSON.stringify(input.firstBoot, null, 2)}\n`
    changes.push({ kind: 'file', path: firstBootPath, content, mode: 0o600 })
  } else changes.push({ kind: 'absent', path: firstBootPath })
  const program = await lstat(await pathInRoot(root, sysconfigProgramPath)).catch(() => null)
  if (program) changes.push({ kind: 'file', path: manifestPath, content: sysconfigManifest, mode: 0o444 })
  return changes
}
