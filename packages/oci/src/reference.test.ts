import { isFault } from '@slipway/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReference, printReference } from './reference.ts'

const digest = `sha256:${'ab'.repeat(32)}`

describe('parseReference', () => {
  it.each([
    ['oci://registry.example.com/illumos/base:latest', 'registry.example.com', 'illumos/base', 'latest', null],
    ['oci://registry.example.com/illumos/base', 'registry.example.com', 'illumos/base', null, null],
    [`oci://registry.example.com:5000/a@${digest}`, 'registry.example.com:5000', 'a', null, digest],
    [`registry.example.com/a/b/c:v1.2-rc_3@${digest}`, 'registry.example.com', 'a/b/c', 'v1.2-rc_3', digest],
    ['localhost/a', 'localhost', 'a', null, null],
    ['localhost:5000/a:b', 'localhost:5000', 'a', 'b', null],
    ['127.0.0.1:5000/debian:min', '127.0.0.1:5000', 'debian', 'min', null],
    ['oci://[::1]:5000/a:b', '[::1]:5000', 'a', 'b', null],
    ['oci://intranet/a', 'intranet', 'a', null, null],
    ['oci://Registry.Example.COM/a', 'registry.example.com', 'a', null, null],
    ['oci://r.test/a__b/c-d.e_f---g', 'r.test', 'a__b/c-d.e_f---g', null, null],
  ])('reads %s', (text, registry, repository, tag, digest) => {
    expect(parseReference(text)).toEqual({ registry, repository, tag, digest })
  })

  it.each([
    ['base:latest', 'base', 'latest'],
    ['illumos/base', 'illumos/base', null],
  ])('takes the default registry for %s', (text, repository, tag) => {
    const parsed = parseReference(text, { registry: 'registry.example.com' })
    expect(parsed).toEqual({ registry: 'registry.example.com', repository, tag, digest: null })
  })

  it.each([
    ['', 'no registry'],
    ['base:latest', 'no registry'],
    ['oci://registry.example.com', 'names no repository'],
    ['oci://registry.example.com/', 'names no repository'],
    ['oci:///a', 'not a host'],
    ['oci://registry.example.com/Illumos/Base', 'registry.example.com/Illumos/Base'],
    ['oci://registry.example.com/a:', 'the tag ""'],
    ['oci://registry.example.com/a:-b', 'the tag "-b"'],
    [`oci://registry.example.com/a:${'x'.repeat(129)}`, 'the tag'],
    ['oci://registry.example.com/a@sha256:abc', 'digest'],
    [`oci://registry.example.com/a@sha512:${'ab'.repeat(64)}`, 'not sha256'],
    [`oci://registry.example.com/a@${digest.toUpperCase()}`, 'digest'],
    ['oci://registry.example.com/a//b', 'the repository name'],
    ['oci://registry.example.com/../b', 'the repository name'],
    ['oci://registry.example.com/a/', 'the repository name'],
    ['oci://registry.example.com:0/a', 'port 0'],
    ['oci://registry.example.com:99999/a', 'port 99999'],
    ['oci://user:pass@registry.example.com/a', 'not a host name'],
    ['oci://reg istry/a', 'not a host name'],
    ['oci://-bad.example.com/a', 'not a host name'],
    ['docker://registry.example.com/a', 'write oci://registry.example.com/a'],
    [`oci://r.test/${'a'.repeat(256)}`, '255'],
    ['x'.repeat(2000), 'longer than 1024'],
    ['oci://r.test/a\0b', 'the repository name'],
  ])('refuses %s with a cure', (text, words) => {
    const refuse = (): unknown => parseReference(text)
    expect(refuse).toThrow(words)
    try {
      refuse()
    } catch (error) {
      expect(isFault(error, 'image-reference-invalid') && error.details['cure']).toBeTruthy()
    }
  })

  it('shows the lower-case spelling as the cure for upper case', () => {
    expect(() => parseReference('oci://r.test/Illumos/Base')).toThrow('lower case: illumos/base')
  })

  it('reads back every reference that it prints', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-{1,2})[a-z0-9]{1,4}){0,2}$/)
    const any = fc.record({
      registry: fc.stringMatching(/^[a-z0-9]{1,8}\.[a-z]{2,4}(?::[1-9][0-9]{0,3})?$/),
      repository: fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
      tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/)),
      digest: fc.option(fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`)),
    })
    fc.assert(
      fc.property(any, (ref) => {
        expect(parseReference(printReference(ref))).toEqual(ref)
      }),
    )
  })

  it('throws nothing but its own fault on any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `oci://${text}`),
        ),
        (text) => {
          try {
            expect(parseReference(printReference(parseReference(text)))).toEqual(parseReference(text))
          } catch (error) {
            expect(isFault(error, 'image-reference-invalid')).toBe(true)
          }
        },
      ),
    )
  })
})
