import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { PersistQueryClientProvider } from '@tanstack/react-query-persist-client'
import { RouterProvider } from '@tanstack/react-router'
import { useMemo } from 'react'
import { LiveProvider } from '../api/LiveProvider.tsx'
import { makeQueryClient, persistence } from '../api/query-client.ts'
import { makeRouter } from './router.ts'
import { cssVariables, theme } from './theme.ts'
import { UpdatePrompt } from './UpdatePrompt.tsx'

/** Everything that stands around the pages. */
export function App() {
  const queries = useMemo(() => makeQueryClient(), [])
  const router = useMemo(() => makeRouter(queries), [queries])
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <PersistQueryClientProvider client={queries} persistOptions={persistence}>
        <LiveProvider>
          <Notifications position="bottom-right" />
          <RouterProvider router={router} />
          <UpdatePrompt />
        </LiveProvider>
      </PersistQueryClientProvider>
    </MantineProvider>
  )
}
