import { Link } from '@tanstack/react-router'
import type { HistoryEvent } from '@slipway/protocol'
import { Dot } from '../../ui/Dot.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { describeEvent } from '../../words/describe-event.ts'
import classes from './EventHistory.module.css'

/** One event as a sentence, with its machine, its cause and its time. */
export function EventItem({ event }: { event: HistoryEvent }) {
  const { text, tone } = describeEvent(event)
  const { machine_id, script_name } = event.data
  return (
    <li className={classes.item} data-type={event.type}>
      <span className="quiet">
        <RelativeTime at={event.at} />
      </span>
      <Dot tone={tone}>{''}</Dot>
      <span className={classes.text}>
        {typeof machine_id === 'string' && (
          <Link to="/machines/$machineId" params={{ machineId: machine_id }}>
            {machine_id}
          </Link>
        )}{' '}
        {text}
        {typeof script_name === 'string' && <span className="quiet"> {script_name}</span>}
      </span>
      <span className="quiet">{event.actor}</span>
    </li>
  )
}
