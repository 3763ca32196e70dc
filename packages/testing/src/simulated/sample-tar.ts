/** Packs regular files into a ustar archive: path → content. */
export function packSampleTar(files: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(files).map(([path, content]) => {
    const body = Buffer.from(content)
    const padding = Buffer.alloc((512 - (body.length % 512)) % 512)
    return Buffer.concat([header(path, body.length), body, padding])
  })
  return Buffer.concat([...entries, Buffer.alloc(1024)])
}

function header(path: string, size: number): Buffer {
  const block = Buffer.alloc(512)
  block.write(path, 0)
  block.write('0000755\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write('00000000000\0', 136)
  block.write('        ', 148)
  block.write('0', 156)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}
