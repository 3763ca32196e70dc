import { expect, it } from 'vitest'
import { withStorage } from './read-source.ts'

const text = `// kept
pool "rpool" {
    vdev "mirror" {
        disks "vda" "vdb"
    }
}
image "oci://registry.example.com/app:1"
sysconfig {
    hostname "db-01" // the database
}
`

it('puts an offered layout where the old one stood', () => {
  const other =
    'pool "rpool" {\n    vdev "stripe" {\n        disks "vdc"\n    }\n}\nwipe "quick" {\n    disks "vdc"\n}\n'
  expect(withStorage(text, other)).toBe(
    text
      .replace('"mirror"', '"stripe"')
      .replace('"vda" "vdb"', '"vdc"')
      .replace('image', 'wipe "quick" {\n    disks "vdc"\n}\nimage'),
  )
})

it('leaves the text alone when the layout cannot be read', () => {
  expect(withStorage(text, 'pool "')).toBe(text)
})
