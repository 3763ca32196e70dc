/** Configuration in force (api.md). Times in milliseconds. */
export interface Configuration {
  readonly server: {
    readonly host: string
    readonly port: number
    readonly machine_port: number
    readonly public_url: string | null
    readonly data_dir: string
  }
  readonly database_url: string | null
  readonly default_oci_registry: string | null
  readonly discovery: {
    readonly multicast_group: string
    readonly port: number
    readonly timeout: number
    readonly interval: number
    readonly ttl: number
    readonly targets: readonly string[]
    readonly interface: string | null
  }
  readonly machined: {
    readonly default_port: number
    readonly connection_timeout: number
    readonly claim_timeout: number
  }
  readonly guests: { readonly socket_dir: string; readonly allow_legacy: boolean }
  readonly distribution: {
    readonly allowed_networks: readonly string[]
    readonly require_token: boolean
    readonly listen: readonly string[]
  }
  readonly scripts: { readonly per_machine: number; readonly result_wait: number }
  readonly installation: {
    readonly max_concurrent: number
    readonly progress_interval: number
    readonly commit_timeout: number
    readonly log_level: 'debug' | 'info' | 'warn' | 'error'
  }
  readonly tls: {
    readonly cert_file: string | null
    readonly key_file: string | null
    readonly ca_file: string | null
    readonly verify_peer: boolean
  }
  readonly registries: Readonly<
    Record<
      string,
      {
        readonly mirrors: readonly string[]
        readonly username: string | null
        readonly password_file: string | null
        readonly insecure: boolean
      }
    >
  >
}
