import { Button, Code, Group } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useAct } from '../../api/route-query.ts'
import { useMay, useSession } from '../../api/session.ts'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'

/** Who is signed in here; a way out, and a link for another device. */
export function SessionPanel() {
  const session = useSession()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const mayAdminister = useMay('administer')
  const linking = useAct('createSetupLink')
  const leaving = useAct('closeSession', {
    async onSuccess() {
      queries.clear()
      await navigate({ to: '/sign-in' })
    },
  })
  const fault = linking.error ?? leaving.error
  return (
    <Panel title="This browser">
      <QueryView query={session} what="who is signed in">
        {({ principal, version }) => (
          <Facts
            facts={[
              ['Signed in as', principal.name],
              ['May', principal.permission],
              ['Server', `Slipway ${version}`],
            ]}
          />
        )}
      </QueryView>
      <Group gap="xs" my="md">
        {mayAdminister && (
          <Button variant="default" loading={linking.isPending} onClick={() => linking.mutate({})}>
            Make a link for another device
          </Button>
        )}
        <Button variant="default" loading={leaving.isPending} onClick={() => leaving.mutate({})}>
          Sign out
        </Button>
      </Group>
      {fault && <FaultNote fault={fault} />}
      {linking.data && (
        <p style={{ margin: 0, fontSize: '0.8125rem' }}>
          Open it there within an hour; it works once:{' '}
          <Code style={{ overflowWrap: 'anywhere' }}>{linking.data.url}</Code>{' '}
          <CopyButton text={linking.data.url} what="the link" />
        </p>
      )}
    </Panel>
  )
}
