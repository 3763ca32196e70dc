import type { Inventory } from '@slipway/protocol'

/** What a check may know beside the text. */
export interface CheckOptions {
  /** Name of the file, for callers that print; the check itself opens nothing. */
  readonly file?: string
  readonly inventory?: Inventory
  /** `default_oci_registry` of the configuration. */
  readonly defaultRegistry?: string
  /** Hints of the resolved image: labels org.slipway.min-disk-bytes and org.slipway.boot, and its platforms. */
  readonly image?: ImageFacts
  /** Answers to RFC 5227 probes that the machine sent for the config's static addresses. */
  readonly taken?: readonly AddressAnswer[]
  /** Addresses that could not be probed, with the machine's reason. */
  readonly notProbed?: readonly { readonly address: string; readonly reason: string }[]
}

export interface ImageFacts {
  readonly min_disk_bytes?: number
  /** `uefi`, `bios`, and `secure-boot` where its loader is signed. */
  readonly boot?: readonly string[]
  readonly platforms?: readonly { readonly os: string; readonly architecture: string }[]
}

export interface AddressAnswer {
  readonly address: string
  readonly mac: string
  /** True if the same MAC also answered the control probe for an address that nobody has. */
  readonly proxy_arp: boolean
  readonly interface: string
}
