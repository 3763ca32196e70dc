import { Link } from '@tanstack/react-router'
import { useSession } from '../api/session.ts'
import { ConnectionDot } from './ConnectionDot.tsx'
import { navigation } from './navigation.ts'
import { SchemeToggle } from './SchemeToggle.tsx'
import classes from './Shell.module.css'

/** Navigation of wide screens. */
export function SideBar() {
  const { data } = useSession()
  return (
    <header className={classes.side}>
      <Link to="/machines" className={classes.brand}>
        <img src="/icon.svg" alt="" width={24} height={24} /> Slipway
      </Link>
      <nav aria-label="Pages" style={{ display: 'contents' }}>
        {navigation.map(({ to, title, icon: Icon }) => (
          <Link key={to} to={to} className={classes.link} activeProps={{ 'aria-current': 'page' }}>
            <Icon size={17} stroke={1.6} aria-hidden />
            {title}
          </Link>
        ))}
      </nav>
      <div className={classes.foot}>
        <div style={{ minWidth: 0 }}>
          <ConnectionDot />
          <div className="quiet clip">{data?.principal.name ?? ' '}</div>
        </div>
        <SchemeToggle />
      </div>
    </header>
  )
}
