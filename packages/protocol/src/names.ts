/** The URI names in certificates (security.md): the expected one is required at every handshake. */
export const certificateName = {
  machine: (machineId: string) => `slipway:machine/${encodeURIComponent(machineId)}`,
  agent: (machineId: string) => `slipway:agent/${encodeURIComponent(machineId)}`,
  instcomd: (instanceId: string) => `slipway:instcomd/${encodeURIComponent(instanceId)}`,
} as const
