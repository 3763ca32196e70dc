import { Autocomplete, Button, Checkbox } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { addPart } from '@slipway/machine-config'
import { Panel } from '../../../ui/Panel.tsx'
import { DraftText } from '../DraftText.tsx'
import { useDraft } from '../draft/draft.ts'
import { FindingsAt } from '../FindingList.tsx'
import fields from '../network/NetworkStep.module.css'
import { StepButtons } from '../StepButtons.tsx'
import { UserPanel } from './UserPanel.tsx'

const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')]
const locales = ['C.UTF-8', 'en_US.UTF-8', 'en_GB.UTF-8', 'de_DE.UTF-8', 'es_ES.UTF-8', 'fr_FR.UTF-8', 'pt_BR.UTF-8']

/** How the host is called, where it stands, and who may enter it. */
export function SystemStep() {
  const { config, set, apply } = useDraft()
  if (config === null) return null
  const { hostname, timezone, locale, users } = config.sysconfig
  const addUser = () => {
    const name = ['admin', ...Array.from({ length: 99 }, (_, index) => `user${index + 1}`)].find(
      (each) => !users.some((user) => user.name === each),
    )
    const value = { name: name ?? 'user', ssh_keys: [], password_hash: null, sudo: true }
    apply((text) => addPart(text, '/sysconfig', { kind: 'user', value }))
  }
  return (
    <>
      <Panel title="Host">
        <div className={fields.fields}>
          <DraftText pointer="/sysconfig/hostname" value={hostname} label="Hostname" autoComplete="off" />
          <div>
            <Autocomplete
              size="sm"
              label="Time zone"
              placeholder="UTC"
              limit={12}
              data={zones}
              value={timezone ?? ''}
              onChange={(value) => set('/sysconfig/timezone', value === '' ? null : value)}
            />
            <FindingsAt pointers={['/sysconfig/timezone']} />
          </div>
          <div>
            <Autocomplete
              size="sm"
              label="Locale"
              placeholder="as the image has it"
              data={locales}
              value={locale ?? ''}
              onChange={(value) => set('/sysconfig/locale', value === '' ? null : value)}
            />
            <FindingsAt pointers={['/sysconfig/locale']} />
          </div>
        </div>
      </Panel>
      {users.map((user, index) => (
        <UserPanel key={index} user={user} index={index} />
      ))}
      <Button variant="default" mb="md" leftSection={<IconPlus size={14} aria-hidden />} onClick={addUser}>
        Add user
      </Button>
      <FindingsAt pointers={['/sysconfig/users']} only />
      <Panel title="At the end">
        <Checkbox
          mb="sm"
          label="Reboot into the installed system"
          checked={config.reboot}
          onChange={(event) => set('/reboot', event.currentTarget.checked)}
        />
        <Checkbox
          label="Install the agent, so that scripts can run on the host and it reports itself"
          checked={config.agent}
          onChange={(event) => set('/agent', event.currentTarget.checked)}
        />
        <FindingsAt pointers={['/reboot', '/agent']} />
      </Panel>
      <StepButtons />
    </>
  )
}
