import { Button, Group, Modal, NumberInput, Stack, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { useAct } from '../../api/route-query.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'

const usualPort = 8443

/** Enters a machine by its address, where multicast does not reach it. */
export function AddMachineDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [address, setAddress] = useState('')
  const [port, setPort] = useState<number | string>(usualPort)
  const navigate = useNavigate()
  const adding = useAct('addMachine', {
    async onSuccess({ machine_id }) {
      onClose()
      await navigate({ to: '/machines/$machineId', params: { machineId: machine_id } })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    adding.mutate({ body: { address: address.trim(), port: Number(port) } })
  }
  return (
    <Modal opened={opened} onClose={onClose} title="Add a machine by address">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            label="Address"
            description="A name or IP address of a machine that was booted from live media."
            placeholder="192.168.1.100"
            value={address}
            onChange={(event) => setAddress(event.currentTarget.value)}
            data-autofocus
            required
          />
          <NumberInput
            label="Port of machined"
            min={1}
            max={65535}
            value={port}
            onChange={setPort}
            allowDecimal={false}
          />
          {adding.error && <FaultNote fault={adding.error} title="The machine was not added" />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={adding.isPending} disabled={address.trim() === ''}>
              Add
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
