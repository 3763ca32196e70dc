import { useMediaQuery } from '@mantine/hooks'

/** Narrow screens; the same width as in Shell.module.css. Known before the first paint, so that nothing jumps. */
export function usePhone(): boolean {
  return useMediaQuery('(max-width: 760px)', false, { getInitialValueInEffect: false })
}
