import classes from './GuestPage.module.css'
import { makeSeries, type MetricPoint } from './metric-series.ts'

/** Rows that a person can read through; of more points, every second, third … is shown. */
const mostRows = 120

const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

/** The same figures as the charts', newest first. */
export function MetricTable({ points }: { points: readonly MetricPoint[] }) {
  const step = Math.ceil(points.length / mostRows)
  const newest = points.toReversed().filter((_, index) => index % step === 0)
  const columns = makeSeries({ times: [], points: newest }).flatMap(({ title, lines, print }) =>
    lines.map(({ name, values }) => ({ title: lines.length > 1 ? `${title}, ${name}` : title, values, print })),
  )
  return (
    // A region that scrolls is reached by the keyboard too.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={classes.scroll} aria-label="Metrics as a table" tabIndex={0}>
      <table className={classes.plain}>
        <thead>
          <tr>
            <th>Time</th>
            {columns.map(({ title }) => (
              <th key={title} data-align="right">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {newest.map(({ at }, index) => (
            <tr key={at}>
              <td className={classes.time}>{moment.format(new Date(at))}</td>
              {columns.map(({ title, values, print }) => (
                <td key={title} data-align="right">
                  {printValue(values[index], print)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function printValue(value: number | null | undefined, print: (value: number) => string): string {
  return typeof value === 'number' ? print(value) : '–'
}
