import { TextInput } from '@mantine/core'

/** The code on the machine's console, where its medium carries no token. */
export function ConsoleCode({ code, onChange }: { code: string; onChange: (code: string) => void }) {
  return (
    <TextInput
      mt="sm"
      maw={320}
      label="Code on its console"
      description="This machine was booted from a medium without a token: it shows a code that proves that you stand before it."
      value={code}
      onChange={(event) => onChange(event.currentTarget.value)}
      autoComplete="off"
    />
  )
}
