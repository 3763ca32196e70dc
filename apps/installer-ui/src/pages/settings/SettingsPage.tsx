import { Tabs } from '@mantine/core'
import { usePageSearch } from '../../app/use-page-search.ts'
import { useMay } from '../../api/session.ts'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { CertificateList } from './CertificateList.tsx'
import { ConfigurationTable } from './ConfigurationTable.tsx'
import { HealthPanel } from './HealthPanel.tsx'
import { SessionPanel } from './SessionPanel.tsx'
import { TokenList } from './TokenList.tsx'

/** What is in force on this server, what it trusts, and whether it is well. */
export function SettingsPage() {
  const [{ tab = 'health' }, change] = usePageSearch()
  const mayAdminister = useMay('administer')
  return (
    <>
      <PageHeader title="Settings" />
      <Tabs value={tab} onChange={(chosen) => change({ tab: chosen ?? undefined })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="health">Health</Tabs.Tab>
          <Tabs.Tab value="configuration">Configuration</Tabs.Tab>
          {mayAdminister && <Tabs.Tab value="tokens">Enrolment tokens</Tabs.Tab>}
          {mayAdminister && <Tabs.Tab value="certificates">Certificates</Tabs.Tab>}
          <Tabs.Tab value="session">This browser</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="health">
          <HealthPanel />
        </Tabs.Panel>
        <Tabs.Panel value="configuration">
          <ConfigurationTable />
        </Tabs.Panel>
        <Tabs.Panel value="tokens">
          <TokenList />
        </Tabs.Panel>
        <Tabs.Panel value="certificates">
          <CertificateList />
        </Tabs.Panel>
        <Tabs.Panel value="session">
          <SessionPanel />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}
