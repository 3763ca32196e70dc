/** Options that only guests have; the rest is the machines', or both have it. */
const guestsOnly: ReadonlySet<string> = new Set(['--guests', '--first', '--socket-dir', '--run', '--adopt', '--ids'])
const machinesOnly: ReadonlySet<string> = new Set([
  '--machines',
  '--enrolment',
  '--instcomd',
  '--interface',
  '--group',
  '--discovery-port',
  '--listen-base',
  '--hostname-prefix',
])
/** Options without a value. */
const switches: ReadonlySet<string> = new Set(['--adopt', '--ids', '--json', '--help'])

/** What each of the two programs behind `slipway simulate` gets; null: it is not started. */
export interface SplitArguments {
  readonly machines: string[] | null
  readonly guests: string[] | null
  readonly adopt: boolean
}

/**
 * `--guests N` alone starts guests, `--machines N` beside it both, everything else the machines alone. A fault that names
 * a guest (`KIND:sim-guest-…`) is the guests' own; other faults are the machines' when both run.
 */
export function splitArguments(args: readonly string[]): SplitArguments {
  const options = pairOptions(args)
  const has = (name: string) => options.some((option) => option.name === name)
  const withGuests = has('--guests')
  const withMachines = !withGuests || has('--machines')
  if (!withGuests) return { machines: [...args], guests: null, adopt: false }
  const isForGuests = ({ name, words }: Option) => {
    if (name === '--fault') return !withMachines || /:sim-guest-/.test(words.join(' '))
    return name !== '--adopt' && !machinesOnly.has(name)
  }
  const isForMachines = (option: Option) =>
    option.name === '--fault' ? !isForGuests(option) : !guestsOnly.has(option.name)
  const words = (pick: (option: Option) => boolean) => options.filter(pick).flatMap((option) => option.words)
  return { machines: withMachines ? words(isForMachines) : null, guests: words(isForGuests), adopt: has('--adopt') }
}

interface Option {
  readonly name: string
  readonly words: readonly string[]
}

/** Keeps each option together with its value, whichever way it is written. */
function pairOptions(args: readonly string[]): Option[] {
  const options: Option[] = []
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? ''
    const [name = ''] = word.split('=', 1)
    const value = args[at + 1]
    const takesNext = !word.includes('=') && !switches.has(name) && value !== undefined
    options.push({ name, words: takesNext ? [word, value] : [word] })
    if (takesNext) at += 1
  }
  return options
}
