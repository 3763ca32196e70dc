import { Fault } from '@slipway/base'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'

/**
 * Unpacks a zstd file into an executable at `to`, flushed and renamed into place once its size and lower-case hex SHA-256 are right.
 * Streamed: the agent has 110 MB, and the live environment lives in memory. Throws `image-invalid` for another content.
 */
export async function unpackProgram(
  from: string,
  to: string,
  expected: { readonly size: number; readonly sha256: string },
  signal: AbortSignal,
): Promise<void> {
  const beside = `${to}.new`
  await rm(beside, { force: true })
  const file = await open(beside, 'wx', 0o755)
  const hash = createHash('sha256')
  let bytes = 0
  try {
    await file.chmod(0o755) // whatever the umask is
    await pipeline(
      createReadStream(from),
      createZstdDecompress(),
      async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) {
          bytes += piece.length
          if (bytes > expected.size) throw damaged(from, 'it holds more than it should')
          hash.update(piece)
          await file.writeFile(piece)
        }
      },
      { signal },
    )
    await file.sync()
  } finally {
    await file.close()
  }
  const found = hash.digest('hex')
  if (found !== expected.sha256) throw damaged(from, `its SHA-256 is ${found}, not ${expected.sha256}`)
  await rename(beside, to)
}

function damaged(file: string, why: string): Fault {
  return new Fault('image-invalid', `${file} on the live medium is damaged: ${why}; build the medium again`)
}
