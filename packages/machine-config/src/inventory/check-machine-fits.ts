import { listWords, shown } from '../words.ts'
import type { MachineCheck } from './machine-check.ts'

/** Checks that firmware, Secure Boot and architecture of the machine fit the image, and the host name the platform. */
export function checkMachineFits(check: MachineCheck): void {
  checkFirmware(check)
  checkPlatform(check)
  const { config, inventory, report } = check
  // HOST_NAME_MAX of Linux (limits.h); illumos has 256.
  if (inventory.platform === 'linux' && config.sysconfig.hostname.length > 64) {
    report({
      code: 'hostname-too-long',
      message: `The host name ${shown(config.sysconfig.hostname)} has ${config.sysconfig.hostname.length} characters; Linux allows 64.`,
      cure: 'Write the short name and put the rest into: search "example.com"',
      pointer: '/sysconfig/hostname',
    })
  }
}

function checkFirmware({ inventory, options, report }: MachineCheck): void {
  const boot = options.image?.boot
  if (boot && !boot.includes(inventory.firmware)) {
    report({
      code: 'firmware-not-supported',
      message: `The machine has ${inventory.firmware.toUpperCase()} firmware; the image boots with ${listWords(boot) || 'nothing'}.`,
      cure: `Choose an image that boots with ${inventory.firmware}, or switch the machine's firmware.`,
      pointer: '/image',
    })
  }
  if (!inventory.secure_boot || boot?.includes('secure-boot')) return
  report({
    code: 'secure-boot-on',
    // An image that says how it boots and does not name Secure Boot is unsigned; of another nothing is known.
    severity: boot ? 'error' : 'warning',
    message: `Secure Boot is on at this machine, and the image ${boot ? 'is not signed for it' : 'does not say whether it is signed'}.`,
    cure: 'Switch Secure Boot off in the firmware, or choose an image whose label org.slipway.boot names secure-boot.',
    pointer: '/image',
  })
}

function checkPlatform({ inventory, options, report }: MachineCheck): void {
  const platforms = options.image?.platforms
  if (!platforms) return
  // OCI images of illumos are published as `illumos` and as `solaris` (Go's GOOS values).
  const systems = inventory.platform === 'illumos' ? ['illumos', 'solaris'] : ['linux']
  const fits = platforms.some((one) => systems.includes(one.os) && one.architecture === inventory.architecture)
  if (fits) return
  report({
    code: 'platform-not-supported',
    message: `The image has nothing for ${inventory.platform}/${inventory.architecture}; it has ${listWords(platforms.map((one) => `${one.os}/${one.architecture}`)) || 'no platform'}.`,
    cure: `Choose an image for ${inventory.platform}/${inventory.architecture}.`,
    pointer: '/image',
  })
}
