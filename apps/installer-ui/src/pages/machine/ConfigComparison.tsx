import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useQueries } from '@tanstack/react-query'
import { routeQuery } from '../../api/route-query.ts'
import { toFault } from '@slipway/base'
import { downloadText } from '../../ui/download-text.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { diffLines } from '../../ui/diff-lines.ts'
import classes from './KeptConfigs.module.css'

const signs = { same: ' ', added: '+', removed: '-' } as const

/** One kept config's text, or what changed from the first of two to the second. */
export function ConfigComparison({ ids, machineId }: { ids: readonly string[]; machineId: string }) {
  const read = useQueries({ queries: ids.map((id) => routeQuery('getKeptConfig', { params: { id } })) })
  const failed = read.find(({ error }) => error)?.error
  if (failed) return <FaultNote fault={toFault(failed)} title="Reading the config failed" />
  const texts = read.map(({ data }) => data?.kdl)
  if (texts.some((text) => text === undefined)) return <Loading what="the config" rows={4} />
  const [first = '', second = first] = texts
  const newest = ids.at(-1)
  return (
    <>
      {/* A region that scrolls is reached by the keyboard too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={classes.text} tabIndex={0} aria-label={ids.length > 1 ? 'What changed' : 'The config'}>
        {diffLines(first, second).map(({ kind, text, key }) => (
          <span key={key} className={classes.line} data-kind={kind}>
            {`${signs[kind]} ${text}`}
          </span>
        ))}
      </pre>
      <Button variant="default" mr="xs" onClick={() => downloadText('machine.kdl', second)}>
        Download
      </Button>
      {newest !== undefined && (
        <Button
          variant="default"
          mr="xs"
          renderRoot={(props) => (
            <Link to="/install/review" search={{ machine: machineId, config: newest }} {...props} />
          )}
        >
          Install with it…
        </Button>
      )}
    </>
  )
}
