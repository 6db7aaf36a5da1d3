import { describe, expect, it } from 'vitest'
import { appLink, browserLink, readAppLink, secretOf } from '../../../src/lib/protocol/pairing-link.ts'

const secret = 'AZaz09_-AZaz09_-AZaz09_-AZaz09_-AZaz09_-AZa'
const plain = { id: 'code-1', baseUrl: 'https://gateway.example.com', lanUrl: null, secret }

describe('the link of an app', () => {
  it('has the form that phones know', () => {
    expect(appLink({ ...plain, lanUrl: 'http://192.168.1.5:18790' })).toBe(
      `xopc://gateway/mobile-connect?v=2&sid=code-1&baseUrl=https%3A%2F%2Fgateway.example.com&lanUrl=http%3A%2F%2F192.168.1.5%3A18790&ps=${secret}`,
    )
    expect(appLink(plain)).not.toContain('lanUrl')
  })

  it.each([
    ['without another address at home', plain],
    ['with one', { ...plain, lanUrl: 'http://192.168.1.5:18790' }],
    ['over IPv6', { ...plain, baseUrl: 'http://[fd00::5]:18790' }],
  ])('is read as it was written, %s', (_what, link) => {
    expect(readAppLink(appLink(link))).toEqual(link)
  })

  it.each([
    ['of another version', appLink(plain).replace('v=2', 'v=1')],
    ['of another program', appLink(plain).replace('xopc://gateway', 'other://gateway')],
    ['cut short', appLink(plain).slice(0, -secret.length - 4)],
    ['of a browser', browserLink(plain)],
    ['that is empty', ''],
  ])('is not taken from one %s', (_what, link) => {
    expect(readAppLink(link)).toBeNull()
  })
})

describe('the link of a browser', () => {
  it('holds the secret in its fragment alone', () => {
    const link = new URL(browserLink(plain))
    expect([link.origin, link.pathname, link.search]).toEqual(['https://gateway.example.com', '/xopc/pair', ''])
    expect(secretOf(link.hash)).toBe(secret)
  })

  it('without a secret has none', () => {
    expect([secretOf(''), secretOf('#'), secretOf('#other=1')]).toEqual([null, null, null])
  })
})
