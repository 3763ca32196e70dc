// npm run bench -- NAME [ARGUMENT…]: measures side by side with the peers named in docs/benchmarks.md and prints ratios.
const benches: Readonly<Record<string, () => Promise<(args: readonly string[]) => Promise<void>>>> = {
  oci: async () => (await import('./bench/oci.ts')).benchOci,
  guests: async () => (await import('./bench/guests.ts')).benchGuests,
  installs: async () => (await import('./bench/installs.ts')).benchInstalls,
  scripts: async () => (await import('./bench/scripts.ts')).benchScripts,
  ui: async () => (await import('../e2e/ui/bench.ts')).benchUi,
}

const [name = '', ...args] = process.argv.slice(2)
const load = benches[name]
if (!load) {
  console.error(`usage: npm run bench -- ${Object.keys(benches).join('|')} [options]`)
  process.exit(2)
}
const bench = await load()
await bench(args)
