import { expect, it } from 'vitest'
import { installCommand } from './install-command.ts'

const wish = { origin: 'http://host:4000', machine: 'vm-7' }

it('downloads the script and runs it for one machine', () => {
  expect(installCommand(wish)).toBe(
    'curl -so install-linux.sh http://host:4000/infiniservice/linux/script\n' +
      'sudo INFINISERVICE_URL=http://host:4000 sh install-linux.sh normal vm-7',
  )
})

it('shows a token to both downloads', () => {
  const command = installCommand({ ...wish, token: 'abc' })
  expect(command).toContain("-H 'Authorization: Bearer abc' http://host:4000/infiniservice/linux/script")
  expect(command).toContain('INFINISERVICE_TOKEN=abc sh')
})
