import type { SeededRandom } from './seeded-random.ts'
import type { Content, DatasetState, DomainState, FileTree } from './state.ts'

/** What a power cut leaves of layers that were being written: some of their first entries, as many as the seed says. */
export function cutOpenLayers(state: DomainState, random: SeededRandom): DomainState {
  if (state.kind === 'firmware') return state
  if (state.kind === 'pool') {
    if (!Object.values(state.datasets).some((dataset) => dataset.tree.begun !== null)) return state
    const cut = (dataset: DatasetState) => ({ ...dataset, tree: cutTree(dataset.tree, random) })
    const datasets = Object.entries(state.datasets).map(([name, dataset]) => [name, cut(dataset)] as const)
    return { ...state, datasets: Object.fromEntries(datasets) }
  }
  if (!state.partitions.some((partition) => partition.content?.tree?.begun != null)) return state
  const partitions = state.partitions.map((partition) => ({
    ...partition,
    content: cutContent(partition.content, random),
  }))
  return { ...state, partitions }
}

function cutContent(content: Content | null, random: SeededRandom): Content | null {
  return content?.tree ? { ...content, tree: cutTree(content.tree, random) } : content
}

function cutTree(tree: FileTree, random: SeededRandom): FileTree {
  const open = tree.begun === null ? undefined : tree.overlays.at(-1)
  if (!open) return tree
  const kept = Math.floor(random() * (open.entries.size + 1))
  return { ...tree, overlays: [...tree.overlays.slice(0, -1), open.truncate(kept)] }
}
