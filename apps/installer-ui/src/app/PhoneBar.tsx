import { Menu } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { navigation } from './navigation.ts'
import classes from './Shell.module.css'

/** Navigation of narrow screens: four pages within reach of a thumb, the rest behind «More». */
export function PhoneBar() {
  const navigate = useNavigate()
  return (
    <nav className={classes.phone} aria-label="Pages of a phone">
      {navigation.slice(0, 4).map(({ to, title, icon: Icon }) => (
        <Link key={to} to={to} className={classes.tab} activeProps={{ 'aria-current': 'page' }}>
          <Icon size={20} stroke={1.6} aria-hidden />
          {title === 'Installations' ? 'Installs' : title}
        </Link>
      ))}
      <Menu position="top-end" width={200}>
        <Menu.Target>
          <button type="button" className={classes.tab}>
            <IconDots size={20} stroke={1.6} aria-hidden />
            More
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {navigation.slice(4).map(({ to, title, icon: Icon }) => (
            <Menu.Item key={to} leftSection={<Icon size={16} aria-hidden />} onClick={() => void navigate({ to })}>
              {title}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </nav>
  )
}
