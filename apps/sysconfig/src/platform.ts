/** The rules that fit the running system. */
export function platform(): 'linux' | 'illumos' {
  return process.platform === 'sunos' ? 'illumos' : 'linux'
}
