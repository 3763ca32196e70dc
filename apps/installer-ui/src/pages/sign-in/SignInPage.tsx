import { Button, PasswordInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { usePageSearch } from '../../app/use-page-search.ts'
import { useLive } from '../../api/LiveProvider.tsx'
import { useAct } from '../../api/route-query.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import classes from './SignInPage.module.css'

/** Opens a session with a token, for a browser that has no set-up link. */
export function SignInPage() {
  const [token, setToken] = useState('')
  const [{ to }] = usePageSearch()
  const queries = useQueryClient()
  const live = useLive()
  const navigate = useNavigate()
  const signIn = useAct('openSession', {
    async onSuccess() {
      queries.clear()
      live.restart()
      await navigate({ href: to?.startsWith('/') && !to.startsWith('//') ? to : '/machines', replace: true })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate({ body: { token: token.trim() } })
  }
  return (
    <main className={classes.page}>
      <img src="/icon.svg" alt="" width={44} height={44} />
      <PageHeader title="Sign in to Slipway" />
      <form onSubmit={submit} className={classes.form}>
        <PasswordInput
          label="Token"
          description="The first one stands in admin.token in the server’s data directory."
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          autoComplete="current-password"
          required
          data-autofocus
        />
        {signIn.error && <FaultNote fault={signIn.error} title="You were not signed in" />}
        <Button type="submit" size="sm" fullWidth loading={signIn.isPending} disabled={token.trim() === ''}>
          Sign in
        </Button>
      </form>
      <p className="quiet">
        Or open the set-up link that the server prints when it starts: it signs this browser in, once. A signed-in
        browser makes links for other devices under Settings.
      </p>
    </main>
  )
}
