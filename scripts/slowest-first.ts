import { BaseSequencer, type TestSpecification, type Vitest } from 'vitest/node'

/**
 * A vitest sequencer: files whose path contains the first of these parts come first, then the second's, and so on; files with
 * none of them last. A slow file that starts last would keep one core idle to the end.
 */
export function slowestFirst(parts: readonly string[]): new (context: Vitest) => BaseSequencer {
  const rank = ({ moduleId }: TestSpecification) => {
    const place = parts.findIndex((part) => moduleId.includes(part))
    return place === -1 ? parts.length : place
  }
  return class SlowestFirst extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
    }
  }
}
