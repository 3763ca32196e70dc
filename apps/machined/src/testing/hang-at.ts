import type { Step } from '@slipway/protocol'

/** Resolves when `onApply` reaches a step, which then hangs until its signal aborts. */
export function hangAt(wanted: (step: Step) => boolean) {
  const reached = Promise.withResolvers<void>()
  return {
    reached: reached.promise,
    async onApply(step: Step, context: { signal: AbortSignal }) {
      if (!wanted(step)) return
      reached.resolve()
      await new Promise((_resolve, reject) => {
        context.signal.addEventListener('abort', () => reject(new Error('the command was killed')), { once: true })
      })
    },
  }
}
