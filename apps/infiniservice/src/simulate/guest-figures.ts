import type { AgentMetrics } from '@slipway/protocol'
import type { GuestProfile } from './guest-profile.ts'

const programs = {
  linux: ['systemd', 'sshd', 'cron', 'nginx', 'postgres', 'rsyslogd', 'dbus-daemon', 'infiniservice', 'agetty', 'bash'],
  windows: [
    'System',
    'svchost.exe',
    'lsass.exe',
    'services.exe',
    'sqlservr.exe',
    'w3wp.exe',
    'explorer.exe',
    'infiniservice.exe',
  ],
} as const

/** One guest's figures over time: a walk that stays plausible, counters that only grow. */
export class GuestFigures {
  readonly #profile: GuestProfile
  #load: number
  #received = 0
  #sent = 0

  constructor(profile: GuestProfile) {
    this.#profile = profile
    this.#load = profile.random() * 0.6
  }

  /** The figures now; `uptime` in seconds. */
  read(uptime: number, withProcesses: boolean): AgentMetrics {
    const { random, cores, memoryKb, diskGb, id, osVersion, kernelVersion } = this.#profile
    this.#load = Math.min(0.98, Math.max(0.01, this.#load + (random() - 0.5) * 0.2))
    this.#received += Math.floor(random() * 4_000_000)
    this.#sent += Math.floor(random() * 2_000_000)
    const percent = () => round(Math.min(100, this.#load * 100 * (0.7 + random() * 0.6)))
    const usedKb = Math.floor(memoryKb * (0.2 + this.#load * 0.5))
    return {
      system: {
        cpu: { usage_percent: round(this.#load * 100), cores_usage: Array.from({ length: cores }, percent) },
        memory: {
          total_kb: memoryKb,
          used_kb: usedKb,
          available_kb: memoryKb - usedKb,
          swap_total_kb: 1_048_576,
          swap_used_kb: 0,
        },
        disk: { usage_stats: [this.#disk(diskGb)], io_stats: {} },
        network: { interfaces: [this.#network()] },
        system: {
          uptime_seconds: Math.floor(uptime),
          name: osVersion,
          os_version: osVersion,
          kernel_version: kernelVersion,
          hostname: id,
          load_average: [this.#load, this.#load, this.#load].map((share) => round(share * cores)),
        },
        ...(withProcesses && { processes: this.processes(), services: this.services() }),
      },
    }
  }

  processes(): NonNullable<AgentMetrics['system']['processes']> {
    const { random, platform } = this.#profile
    return programs[platform].map((name, index) => ({
      pid: index === 0 ? 1 : 300 + index * 41,
      name,
      cpu_percent: round(random() * this.#load * 20),
      memory_kb: 2_000 + Math.floor(random() * 90_000),
      user: platform === 'windows' ? 'SYSTEM' : 'root',
    }))
  }

  services(): NonNullable<AgentMetrics['system']['services']> {
    const names = programs[this.#profile.platform].slice(1, 8)
    return names.map((name) => ({ name: name.replace('.exe', ''), state: 'running', enabled: true }))
  }

  #disk(total: number) {
    const used = round(total * (0.15 + (this.#received % 1000) / 20_000))
    const { platform } = this.#profile
    return {
      mount_point: platform === 'windows' ? 'C:\\' : '/',
      total_gb: total,
      used_gb: used,
      available_gb: round(total - used),
      filesystem: platform === 'windows' ? 'NTFS' : 'ext4',
    }
  }

  #network() {
    return {
      name: this.#profile.platform === 'windows' ? 'Ethernet' : 'eth0',
      bytes_received: this.#received,
      bytes_sent: this.#sent,
      packets_received: Math.ceil(this.#received / 900),
      packets_sent: Math.ceil(this.#sent / 900),
      ip_addresses: [this.#profile.address],
      is_up: true,
    }
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
