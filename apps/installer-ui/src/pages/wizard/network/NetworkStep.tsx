import { Button, Menu } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { addInterface } from '@slipway/machine-config'
import type { NetworkInterface } from '@slipway/protocol'
import { Panel } from '../../../ui/Panel.tsx'
import { DraftList } from '../DraftList.tsx'
import { useDraft } from '../draft/draft.ts'
import { FindingsAt } from '../FindingList.tsx'
import { StepButtons } from '../StepButtons.tsx'
import { InterfacePanel } from './InterfacePanel.tsx'
import classes from './NetworkStep.module.css'

/** How the installed system reaches the network. */
export function NetworkStep() {
  const { config } = useDraft()
  if (config === null) return null
  const { interfaces, nameservers, search } = config.sysconfig
  return (
    <>
      {interfaces.map((each, index) => (
        <InterfacePanel key={each.name} index={index} config={each} />
      ))}
      {interfaces.length === 0 && (
        <Panel title="Interfaces">
          <p className="quiet" style={{ margin: 0, fontSize: '0.8125rem' }}>
            None: the installed system will not be reachable over the network.
          </p>
        </Panel>
      )}
      <AddInterface />
      <FindingsAt pointers={['/sysconfig/interfaces']} only />
      <Panel title="Names">
        <div className={classes.fields}>
          <DraftList
            pointer="/sysconfig/nameservers"
            values={nameservers}
            label="DNS servers"
            description="Beside those that DHCP gives"
            placeholder="192.0.2.53"
          />
          <DraftList pointer="/sysconfig/search" values={search} label="Search domains" placeholder="example.com" />
        </div>
      </Panel>
      <StepButtons />
    </>
  )
}

function AddInterface() {
  const { inventory, config, apply } = useDraft()
  const names = new Set(config?.sysconfig.interfaces.map(({ name }) => name))
  const free = Array.from({ length: names.size + 1 }, (_, index) => `net${index}`).find((name) => !names.has(name))
  const add = ({ mac }: NetworkInterface) =>
    apply((text) =>
      addInterface(text, {
        name: free ?? 'net0',
        selector: `mac:${mac}`,
        addresses: [{ name: 'primary', kind: 'dhcp4', address: null }],
      }),
    )
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="default" mb="md" leftSection={<IconPlus size={14} aria-hidden />}>
          Add interface
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {inventory.interfaces.map((each) => (
          <Menu.Item key={each.name} onClick={() => add(each)}>
            {each.name} · {each.mac} · link {each.link}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
