/**
 * The time of day in milliseconds with the fractions that Date.now() lacks, as bash's EPOCHREALTIME has it. The monotonic clock is
 * set against Date.now() at one of its ticks, because both drift apart while NTP corrects the one.
 */
export function startWallClock(): () => number {
  const before = Date.now()
  let now = before
  while (now === before) now = Date.now()
  const offset = now - performance.now()
  return () => offset + performance.now()
}
