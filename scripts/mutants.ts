// npm run mutants [-- NAME…]: removes each listed guard in a copy of the repository, runs the test that covers it, and
// expects that test to fail. A guard whose removal nobody notices is not guarded.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyRepository } from './mutants/copy-repository.ts'
import { mutants, type Mutant } from './mutants/mutants.ts'

const wanted = process.argv.slice(2)
const chosen = mutants.filter((mutant) => wanted.length === 0 || wanted.includes(mutant.name))
const copy = copyRepository()
let survivors = 0
try {
  for (const mutant of chosen) if (!isKilled(mutant)) survivors += 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}
console.log(`${chosen.length - survivors} passed, ${survivors} failed, 0 skipped`)
process.exitCode = survivors > 0 || chosen.length === 0 ? 1 : 0

function isKilled(mutant: Mutant): boolean {
  const file = join(copy, mutant.file)
  const original = readFileSync(file, 'utf8')
  if (original.split(mutant.guard).length !== 2) {
    console.log(
      `STALE     ${mutant.name}: its text stands ${original.split(mutant.guard).length - 1} times in ${mutant.file}`,
    )
    return false
  }
  if (!passes(mutant)) {
    console.log(`BROKEN    ${mutant.name}: ${mutant.test} fails even with the guard`)
    return false
  }
  writeFileSync(
    file,
    original.replace(mutant.guard, () => mutant.removed),
  )
  const survived = passes(mutant)
  writeFileSync(file, original)
  console.log(`${survived ? 'SURVIVED ' : 'killed   '} ${mutant.name}: ${mutant.why}`)
  return !survived
}

function passes(mutant: Mutant): boolean {
  const args = ['run', mutant.test, ...(mutant.testName ? ['-t', mutant.testName] : [])]
  return spawnSync('vitest', args, { cwd: copy, stdio: 'ignore', timeout: 180_000 }).status === 0
}
