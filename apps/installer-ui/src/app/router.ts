import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { parseSearch, printSearch, type PageSearch } from './page-search.ts'
import { Shell } from './Shell.tsx'
import { PageFault } from './PageFault.tsx'
import { NotFoundPage } from './NotFoundPage.tsx'

interface Context {
  readonly queries: QueryClient
}

const root = createRootRouteWithContext<Context>()({ notFoundComponent: NotFoundPage })
/** Search parameters are the pages' filters: strings, read by the pages. */
const validateSearch = (search: Record<string, unknown>): PageSearch => search as PageSearch // parseSearch gives strings only

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch,
  component: lazyRouteComponent(() => import('../pages/sign-in/SignInPage.tsx'), 'SignInPage'),
})
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell, errorComponent: PageFault })
const parent = { getParentRoute: () => shell, validateSearch } as const

const home = createRoute({
  ...parent,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/machines', replace: true })
  },
})
const rack = createRoute({
  ...parent,
  path: '/machines',
  component: lazyRouteComponent(() => import('../pages/rack/RackPage.tsx'), 'RackPage'),
})
const machine = createRoute({
  ...parent,
  path: '/machines/$machineId',
  component: lazyRouteComponent(() => import('../pages/machine/MachinePage.tsx'), 'MachinePage'),
})

/** The wizard: its steps are routes; the machine is in the search (`?machine=ID`), the draft is kept by the wizard. */
const wizard = createRoute({
  ...parent,
  path: '/install',
  component: lazyRouteComponent(() => import('../pages/wizard/WizardPage.tsx'), 'WizardPage'),
})
const step = { getParentRoute: () => wizard, validateSearch } as const
const wizardSteps = [
  createRoute({
    ...step,
    path: '/',
    beforeLoad: ({ search }) => {
      throw redirect({ to: '/install/welcome', search, replace: true })
    },
  }),
  createRoute({
    ...step,
    path: '/welcome',
    component: lazyRouteComponent(() => import('../pages/wizard/welcome/WelcomeStep.tsx'), 'WelcomeStep'),
  }),
  createRoute({
    ...step,
    path: '/machine',
    component: lazyRouteComponent(() => import('../pages/wizard/machine/MachineStep.tsx'), 'MachineStep'),
  }),
  createRoute({
    ...step,
    path: '/storage',
    component: lazyRouteComponent(() => import('../pages/wizard/storage/StorageStep.tsx'), 'StorageStep'),
  }),
  createRoute({
    ...step,
    path: '/network',
    component: lazyRouteComponent(() => import('../pages/wizard/network/NetworkStep.tsx'), 'NetworkStep'),
  }),
  createRoute({
    ...step,
    path: '/system',
    component: lazyRouteComponent(() => import('../pages/wizard/system/SystemStep.tsx'), 'SystemStep'),
  }),
  createRoute({
    ...step,
    path: '/review',
    component: lazyRouteComponent(() => import('../pages/wizard/review/ReviewStep.tsx'), 'ReviewStep'),
  }),
  createRoute({
    ...step,
    path: '/install',
    component: lazyRouteComponent(() => import('../pages/wizard/install/InstallStep.tsx'), 'InstallStep'),
  }),
] as const

const activity = createRoute({
  ...parent,
  path: '/activity',
  component: lazyRouteComponent(() => import('../pages/activity/ActivityPage.tsx'), 'ActivityPage'),
})
const settings = createRoute({
  ...parent,
  path: '/settings',
  component: lazyRouteComponent(() => import('../pages/settings/SettingsPage.tsx'), 'SettingsPage'),
})

const installations = createRoute({
  ...parent,
  path: '/installations',
  component: lazyRouteComponent(() => import('../pages/installations/InstallationsPage.tsx'), 'InstallationsPage'),
})
const installation = createRoute({
  ...parent,
  path: '/installations/$installationId',
  component: lazyRouteComponent(() => import('../pages/installation/InstallationPage.tsx'), 'InstallationPage'),
})

const installBatches = createRoute({
  ...parent,
  path: '/install-batches',
  component: lazyRouteComponent(() => import('../pages/install-batches/InstallBatchesPage.tsx'), 'InstallBatchesPage'),
})
const installBatchNew = createRoute({
  ...parent,
  path: '/install-batches/new',
  component: lazyRouteComponent(
    () => import('../pages/new-install-batch/NewInstallBatchPage.tsx'),
    'NewInstallBatchPage',
  ),
})
const installBatch = createRoute({
  ...parent,
  path: '/install-batches/$batchId',
  component: lazyRouteComponent(() => import('../pages/install-batch/InstallBatchPage.tsx'), 'InstallBatchPage'),
})

const guests = createRoute({
  ...parent,
  path: '/guests',
  component: lazyRouteComponent(() => import('../pages/guests/GuestsPage.tsx'), 'GuestsPage'),
})
const guest = createRoute({
  ...parent,
  path: '/guests/$guestId',
  component: lazyRouteComponent(() => import('../pages/guest/GuestPage.tsx'), 'GuestPage'),
})
const scripts = createRoute({
  ...parent,
  path: '/scripts',
  component: lazyRouteComponent(() => import('../pages/scripts/ScriptsPage.tsx'), 'ScriptsPage'),
})
const scriptNew = createRoute({
  ...parent,
  path: '/scripts/new',
  component: lazyRouteComponent(() => import('../pages/script/NewScriptPage.tsx'), 'NewScriptPage'),
})
const script = createRoute({
  ...parent,
  path: '/scripts/$scriptId',
  component: lazyRouteComponent(() => import('../pages/script/ScriptPage.tsx'), 'ScriptPage'),
})
const runs = createRoute({
  ...parent,
  path: '/runs',
  component: lazyRouteComponent(() => import('../pages/runs/RunsPage.tsx'), 'RunsPage'),
})
const run = createRoute({
  ...parent,
  path: '/runs/$runId',
  component: lazyRouteComponent(() => import('../pages/run/RunPage.tsx'), 'RunPage'),
})
const schedules = createRoute({
  ...parent,
  path: '/schedules',
  component: lazyRouteComponent(() => import('../pages/schedules/SchedulesPage.tsx'), 'SchedulesPage'),
})

const pages = [
  home,
  rack,
  machine,
  wizard.addChildren(wizardSteps),
  installations,
  installation,
  installBatches,
  installBatchNew,
  installBatch,
  guests,
  guest,
  scripts,
  scriptNew,
  script,
  runs,
  run,
  schedules,
  activity,
  settings,
] as const
const routeTree = root.addChildren([signIn, shell.addChildren(pages)])

/** The table of pages: URL = folder = page. */
export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree,
    context: { queries },
    parseSearch,
    stringifySearch: printSearch,
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultErrorComponent: PageFault,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
