import { checkImageReference } from '../image-reference.ts'
import type { ReportFinding } from './report-finding.ts'

/** Checks that the image reference is legal and names a registry. */
export function checkImage(image: string, report: ReportFinding): void {
  if (image === '') return
  const checked = checkImageReference(image)
  if (!checked.ok) report({ ...checked.error, pointer: '/image' })
}
