import * as z from 'zod/mini'

const name = z.string()
const amount = z.nullish(z.number())

/**
 * What PowerShell is asked for what node:os does not know. CIM classes and their units: Win32_Process (times in 100 ns, sizes in
 * bytes), Win32_Service, Win32_LogicalDisk (DriveType 3: fixed), Win32_PerfRawData_Tcpip_NetworkInterface (counters since boot).
 * Each list is made with @(), because ConvertTo-Json would write a list of one as the one.
 */
export const windowsFactsProgram = `
$ErrorActionPreference = 'Stop'
[Console]::OutputEncoding = [Text.Encoding]::UTF8
$processes = @(Get-CimInstance Win32_Process -Property ProcessId,Name,WorkingSetSize,UserModeTime,KernelModeTime,CommandLine |
  Select-Object ProcessId,Name,WorkingSetSize,UserModeTime,KernelModeTime,CommandLine)
$services = @(Get-CimInstance Win32_Service -Property Name,DisplayName,State,StartMode | Select-Object Name,DisplayName,State,StartMode)
$disks = @(Get-CimInstance Win32_LogicalDisk -Filter 'DriveType=3' | Select-Object DeviceID,FileSystem,Size,FreeSpace)
$network = @(Get-CimInstance Win32_PerfRawData_Tcpip_NetworkInterface |
  Select-Object Name,BytesReceivedPersec,BytesSentPersec,PacketsReceivedPersec,PacketsSentPersec)
@{ processes = $processes; services = $services; disks = $disks; network = $network } | ConvertTo-Json -Compress -Depth 3
`

const windowsFactsSchema = z.object({
  processes: z.array(
    z.object({
      ProcessId: z.number(),
      Name: name,
      WorkingSetSize: amount,
      UserModeTime: amount,
      KernelModeTime: amount,
      CommandLine: z.nullish(z.string()),
    }),
  ),
  services: z.array(
    z.object({ Name: name, DisplayName: z.nullish(z.string()), State: name, StartMode: z.nullish(z.string()) }),
  ),
  disks: z.array(z.object({ DeviceID: name, FileSystem: z.nullish(z.string()), Size: amount, FreeSpace: amount })),
  network: z.array(
    z.object({
      Name: name,
      BytesReceivedPersec: amount,
      BytesSentPersec: amount,
      PacketsReceivedPersec: amount,
      PacketsSentPersec: amount,
    }),
  ),
})
export type WindowsFacts = z.infer<typeof windowsFactsSchema>

/** Null when PowerShell printed something else. */
export function parseWindowsFacts(text: string): WindowsFacts | null {
  try {
    const parsed = windowsFactsSchema.safeParse(JSON.parse(text.replace(/^\uFEFF/, '')))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
