import type { FirstBootReport } from '@slipway/protocol'
import { lstat } from 'node:fs/promises'
import { pathInRoot } from './path-in-root.ts'
import type { SysconfigChange } from './sysconfig-plan.ts'

/** The config as the user wrote it, on the installed system. */
export const machineConfigPath = '/etc/slipway/machine.kdl'
/** What the first boot needs to report itself; deleted when the report was accepted. */
export const firstBootPath = '/etc/slipway/first-boot.json'
/** Where an image brings the program. */
export const sysconfigProgramPath = '/usr/lib/slipway/sysconfig.mjs'

const unitPath = '/etc/systemd/system/slipway-sysconfig.service'

/** The unit that applies the config at every boot and reports the first one. Source: systemd.service(5). */
export const sysconfigUnit = `[Unit]
Description=Slipway: apply the machine config and report the first boot
Documentation=file:/etc/slipway/machine.kdl
ConditionPathExists=/etc/slipway/machine.kdl
Wants=network-online.target
After=network-online.target systemd-networkd.service systemd-resolved.service

[Service]
# Not oneshot: the report is repeated until the server answers, and the boot does not wait for that.
Type=exec
RemainAfterExit=yes
ExecStart=/opt/slipway/node/bin/node /usr/lib/slipway/sysconfig.mjs apply --report
Restart=on-failure
RestartSec=30s
# 2 usage, 3 invalid config, 4 refused: the same again would help nobody.
RestartPreventExitStatus=2 3 4
StandardOutput=journal+console
StandardError=journal+console

[Install]
WantedBy=multi-user.target
`

/** The files that Slipway itself needs in a Linux target: config, first-boot report, and the unit if the program is there. */
export async function planSlipwayFiles(
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
  if (!program) return changes
  const wants = '/etc/systemd/system/multi-user.target.wants/slipway-sysconfig.service'
  return [
    ...changes,
    { kind: 'file', path: unitPath, content: sysconfigUnit, mode: 0o644 },
    { kind: 'link', path: wants, target: unitPath },
  ]
}
