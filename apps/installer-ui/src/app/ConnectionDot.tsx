import { useConnection } from '../api/LiveProvider.tsx'
import { Dot } from '../ui/Dot.tsx'

const words = {
  connecting: { tone: 'idle', text: 'Connecting' },
  live: { tone: 'good', text: 'Live' },
  lost: { tone: 'warn', text: 'Reconnecting' },
  'signed-out': { tone: 'idle', text: 'Signed out' },
} as const

/** Whether what the screens show is of now. */
export function ConnectionDot() {
  const { connection } = useConnection()
  const { tone, text } = words[connection]
  return <Dot tone={tone}>{text}</Dot>
}
