import { NumberInput, Select, TextInput } from '@mantine/core'
import type { RunWish } from './run-wish.ts'
import classes from './MoreFields.module.css'

interface MoreFieldsProps {
  readonly wish: RunWish
  readonly onChange: (changes: Partial<RunWish>) => void
}

const missed = [
  { value: 'run_once', label: 'run once when the machine is back' },
  { value: 'catch_up', label: 'run each of them' },
  { value: 'skip', label: 'skip them' },
] as const
const onFailure = [
  { value: 'continue', label: 'go on' },
  { value: 'stop', label: 'end the schedule' },
] as const

/** What most runs leave as it is, folded away. */
export function MoreFields({ wish, onChange }: MoreFieldsProps) {
  const isSchedule = wish.kind !== 'now'
  return (
    <details className={classes.more}>
      <summary>More</summary>
      <div className={classes.fields}>
        {isSchedule && <RepeatFields wish={wish} onChange={onChange} />}
        {isSchedule && <ManyFields wish={wish} onChange={onChange} />}
        <RunnerFields wish={wish} onChange={onChange} />
      </div>
    </details>
  )
}

function RepeatFields({ wish, onChange }: MoreFieldsProps) {
  return (
    <>
      <Select
        size="sm"
        label="Runs missed while a machine was away"
        allowDeselect={false}
        data={missed}
        value={wish.missed}
        onChange={(value) => value !== null && onChange({ missed: value })}
      />
      <Select
        size="sm"
        label="After a failure"
        allowDeselect={false}
        data={onFailure}
        value={wish.onFailure}
        onChange={(value) => value !== null && onChange({ onFailure: value })}
      />
      {wish.kind !== 'at' && (
        <Count label="End after so many runs" value={wish.mostRuns} onChange={(mostRuns) => onChange({ mostRuns })} />
      )}
      {wish.kind === 'every' && (
        <TextInput
          size="sm"
          type="datetime-local"
          label="First run"
          description="Now, unless given"
          value={wish.at}
          onChange={(event) => onChange({ at: event.currentTarget.value })}
        />
      )}
    </>
  )
}

function ManyFields({ wish, onChange }: MoreFieldsProps) {
  return (
    <>
      <Count
        label="Machines that run first, alone"
        description="The others follow when all of these succeeded"
        value={wish.canary}
        onChange={(canary) => onChange({ canary })}
      />
      <Count
        label="Machines at the same time"
        value={wish.maxParallel}
        onChange={(maxParallel) => onChange({ maxParallel })}
      />
      <Count
        label="Stop a round after so many failures"
        value={wish.stopAfterFailures}
        onChange={(stopAfterFailures) => onChange({ stopAfterFailures })}
      />
      <Count
        label="Spread a round over so many seconds"
        value={wish.jitterSeconds}
        onChange={(jitterSeconds) => onChange({ jitterSeconds })}
      />
    </>
  )
}

function RunnerFields({ wish, onChange }: MoreFieldsProps) {
  return (
    <>
      <TextInput
        size="sm"
        label="Run as"
        description="The script’s own user, unless given"
        value={wish.runAs}
        onChange={(event) => onChange({ runAs: event.currentTarget.value })}
      />
      <Count
        label="Time limit in seconds"
        description="The script’s own, unless given"
        value={wish.timeoutSeconds}
        onChange={(timeoutSeconds) => onChange({ timeoutSeconds })}
      />
    </>
  )
}

interface CountProps {
  readonly label: string
  readonly description?: string
  readonly value: number | ''
  readonly onChange: (value: number | '') => void
}

function Count({ value, onChange, ...named }: CountProps) {
  return (
    <NumberInput
      {...named}
      size="sm"
      min={1}
      allowDecimal={false}
      placeholder="–"
      value={value}
      onChange={(next) => onChange(typeof next === 'number' ? next : '')}
    />
  )
}
