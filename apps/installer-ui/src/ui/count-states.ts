/** How often each state occurs, in the order given; states that do not occur are left out. */
export function countStates<S extends string>(
  order: readonly S[],
  states: readonly S[],
): { state: S; count: number }[] {
  return order
    .map((state) => ({ state, count: states.filter((each) => each === state).length }))
    .filter(({ count }) => count > 0)
}
