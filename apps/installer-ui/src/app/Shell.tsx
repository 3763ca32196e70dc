import { useEffect } from 'react'
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { isFault } from '@slipway/base'
import { useConnection } from '../api/LiveProvider.tsx'
import { useSession } from '../api/session.ts'
import { ConnectionBanner } from './ConnectionBanner.tsx'
import { PhoneBar } from './PhoneBar.tsx'
import { SideBar } from './SideBar.tsx'
import classes from './Shell.module.css'

/** Navigation around every page; without a session it leads to the sign-in page and back. */
export function Shell() {
  useSignIn()
  return (
    <div className={classes.shell}>
      <a href="#page" className={classes.skip}>
        Skip to the page
      </a>
      <SideBar />
      <main id="page" className={classes.page} tabIndex={-1}>
        <ConnectionBanner />
        <Outlet />
      </main>
      <PhoneBar />
    </div>
  )
}

function useSignIn(): void {
  const { error } = useSession()
  const { connection } = useConnection()
  const navigate = useNavigate()
  const { href, pathname } = useLocation()
  const signedOut = isFault(error, 'not-authenticated') || connection === 'signed-out'
  useEffect(() => {
    // The shell still stands while the sign-in page is on its way.
    if (signedOut && pathname !== '/sign-in') void navigate({ to: '/sign-in', search: { to: href }, replace: true })
  }, [signedOut, navigate, href, pathname])
}
