import { expect, test } from 'vitest'
import { consoleArguments } from './console-arguments.ts'

test('console arguments are carried in their order, and nothing else is', () => {
  const line = 'initrd=\\initramfs.zst console=tty0 console=ttyS0,115200 panic=10 instcomd=https://10.0.2.2:4443\n'
  expect(consoleArguments(line)).toEqual(['console=tty0', 'console=ttyS0,115200'])
})

test('a command line without consoles carries none', () => {
  expect(consoleArguments('root=UUID=x ro noconsole=1 console=\n')).toEqual([])
})
