import { Checkbox, MultiSelect, NumberInput, PasswordInput, Select, Textarea, TextInput } from '@mantine/core'
import type { ScriptInput } from '@slipway/protocol'
import type { InputValue } from './run-wish.ts'

interface InputFieldProps {
  readonly input: ScriptInput
  readonly value: InputValue
  readonly onChange: (value: InputValue) => void
  /** What the server said of the value. */
  readonly error: string | undefined
}

/** The control that fits an input's type. The server checks the value; here only what is typed can be typed. */
export function InputField({ input, value, onChange, error }: InputFieldProps) {
  const { name, type, label = name, description, required, validation } = input
  const shared = { label, required, size: 'sm' as const, error, ...(description !== undefined && { description }) }
  const options = (input.options ?? []).map((option) =>
    typeof option === 'string' ? { value: option, label: option } : option,
  )
  const text = typeof value === 'string' ? value : String(value)
  switch (type) {
    case 'boolean':
      return (
        <Checkbox
          label={label}
          description={description}
          error={error}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )
    case 'number':
      return (
        <NumberInput
          {...shared}
          value={typeof value === 'number' ? value : ''}
          {...(validation?.min !== undefined && { min: validation.min })}
          {...(validation?.max !== undefined && { max: validation.max })}
          onChange={(next) => onChange(typeof next === 'number' ? next : '')}
        />
      )
    case 'select':
      return <Select {...shared} data={options} value={text || null} onChange={(next) => onChange(next ?? '')} />
    case 'multiselect':
      return (
        <MultiSelect {...shared} data={options} value={Array.isArray(value) ? [...value] : []} onChange={onChange} />
      )
    case 'password':
      return (
        <PasswordInput
          {...shared}
          value={text}
          autoComplete="off"
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )
    case 'textarea':
      return (
        <Textarea
          {...shared}
          autosize
          minRows={3}
          maxRows={12}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )
    case 'text':
    case 'path':
    case 'email':
    case 'url':
      return (
        <TextInput
          {...shared}
          type={type === 'email' || type === 'url' ? type : 'text'}
          value={text}
          spellCheck={type === 'text'}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )
  }
}
