import { Autocomplete, NumberInput, SegmentedControl, TextInput } from '@mantine/core'
import type { RunWish, TimingKind } from './run-wish.ts'
import { timingKinds } from './run-wish.ts'

const titles: Readonly<Record<TimingKind, string>> = {
  now: 'Now',
  at: 'Once, at',
  every: 'Every',
  cron: 'By calendar',
}

interface TimingFieldsProps {
  readonly wish: RunWish
  readonly onChange: (changes: Partial<RunWish>) => void
  readonly kinds?: readonly TimingKind[]
}

/** When: now, once, every so many minutes, or by calendar. */
export function TimingFields({ wish, onChange, kinds = timingKinds }: TimingFieldsProps) {
  return (
    <div style={{ display: 'grid', gap: 10 }}>
      <SegmentedControl
        aria-label="When"
        data={kinds.map((value) => ({ value, label: titles[value] }))}
        value={wish.kind}
        onChange={(kind) => onChange({ kind })}
      />
      {wish.kind === 'at' && (
        <TextInput
          type="datetime-local"
          size="sm"
          label="Time"
          description={`In ${wish.timeZone}`}
          value={wish.at}
          onChange={(event) => onChange({ at: event.currentTarget.value })}
        />
      )}
      {wish.kind === 'every' && (
        <NumberInput
          size="sm"
          label="Minutes between two runs"
          min={1}
          max={5_256_000}
          allowDecimal={false}
          value={wish.minutes}
          onChange={(value) => onChange({ minutes: typeof value === 'number' ? value : 1 })}
        />
      )}
      {wish.kind === 'cron' && (
        <>
          <TextInput
            size="sm"
            label="Calendar"
            description="minute hour day month weekday, as in crontab(5)"
            classNames={{ input: 'mono' }}
            value={wish.cron}
            onChange={(event) => onChange({ cron: event.currentTarget.value })}
          />
          <Autocomplete
            size="sm"
            label="Time zone"
            limit={12}
            data={Intl.supportedValuesOf('timeZone')}
            value={wish.timeZone}
            onChange={(timeZone) => onChange({ timeZone })}
          />
        </>
      )}
      {wish.kind !== 'now' && (
        <TextInput
          size="sm"
          label="Name of the schedule"
          value={wish.name}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
        />
      )}
    </div>
  )
}
