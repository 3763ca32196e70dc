import { Button, Group, Paper, Text } from '@mantine/core'
import { useRegisterSW } from 'virtual:pwa-register/react'

/** Says that a new version of the app is there; it is taken when the user wants, never in the middle of something. */
export function UpdatePrompt() {
  const {
    needRefresh: [needed, setNeeded],
    updateServiceWorker,
  } = useRegisterSW()
  if (!needed) return null
  return (
    <Paper withBorder shadow="md" p="sm" pos="fixed" bottom={16} left={16} style={{ zIndex: 300 }} role="status">
      <Group gap="sm">
        <Text size="sm">A new version of Slipway is ready.</Text>
        <Button onClick={() => void updateServiceWorker(true)}>Reload</Button>
        <Button variant="subtle" onClick={() => setNeeded(false)}>
          Later
        </Button>
      </Group>
    </Paper>
  )
}
