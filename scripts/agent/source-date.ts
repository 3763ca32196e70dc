import { repository } from './compile-agent.ts'
import { runCommand } from './run-command.ts'

/**
 * The time that goes into packages and metadata: SOURCE_DATE_EPOCH (reproducible-builds.org), else that of the last commit, else
 * now. Whole seconds.
 */
export async function readSourceDate(): Promise<Date> {
  const given = process.env.SOURCE_DATE_EPOCH
  if (given !== undefined && !/^\d{1,11}$/.test(given))
    throw new Error(`SOURCE_DATE_EPOCH is "${given}"; it is a number of seconds since 1970`)
  const committed = () => runCommand(['git', '-C', repository, 'log', '-1', '--format=%ct']).catch(() => '')
  const seconds = Number(given ?? (await committed())) || Math.floor(Date.now() / 1000)
  return new Date(seconds * 1000)
}
