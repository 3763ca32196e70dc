import { readFile } from 'node:fs/promises'
import { Fault } from '@slipway/base'
import { enrolmentFileSchema, type EnrolmentFile } from '@slipway/protocol'

/** Reads the file that live media carry; throws `usage` when it is missing or malformed. */
export async function readEnrolmentFile(path: string): Promise<EnrolmentFile> {
  try {
    return enrolmentFileSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new Fault('usage', `the enrolment file ${path} cannot be read; make one with slipway live-image build`, {
      cause,
    })
  }
}
