import { expect, it } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { otherComputer } from '../support/netns.ts'
import { needsPeer } from '../support/peers.ts'
import { run } from '../support/run.ts'
import { openHouse } from './doors.ts'
import { phone, sends } from './phones.ts'

// A device token that goes through the internet in the clear is everybody's.

needsPeer('netns', 'plain http through the internet', (ip) => {
  it.each([
    ['http://gateway.example.com', 'requires_https'],
    ['http://203.0.113.5:18790', 'requires_https'],
    ['http://[2001:db8::5]:18790', 'requires_https'],
    ['HTTP://GATEWAY.EXAMPLE.COM', 'requires_https'],
    ['http://192.168.1.5.example.com', 'requires_https'],
    ['ws://gateway.example.com', 'invalid_scheme'],
    ['wss://gateway.example.com', 'invalid_scheme'],
    ['http://gateway.example.com#https://', 'has_query_or_fragment'],
  ])('%s is no address for a code', async (baseUrl, code) => {
    const house = await openHouse({ ip })
    const answer = await sends(house.doors.local, 'POST /xopc/api/pair', { baseUrl }, [house.bearer])
    expect(answer).toMatchObject({ status: 400, code })
  })

  it('a public address of this computer is listened on, and still no device is sent there', async () => {
    const network = await otherComputer(ip)
    // TEST-NET-2: nobody's, and no private one (RFC 5737).
    const address = `198.51.100.${(process.pid % 200) + 20}`
    await run([ip, 'addr', 'add', `${address}/32`, 'dev', network.hostInterface], { timeoutMs: 10_000 })
    const gateway = await startGateway({ config: { gateway: { bind: address } } })
    const ask = async (path: string, init: RequestInit = {}): Promise<[number, string]> => {
      const headers = { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' }
      const response = await gateway.fetch(`/xopc/api${path}`, { ...init, headers })
      return [response.status, await response.text()]
    }
    const [, overview] = await ask('/access/lan/enable?wait=1', { method: 'POST', body: JSON.stringify({ address }) })
    expect(overview).toContain(`http://${address}:${gateway.port}`)
    expect(await ask('/pair', { method: 'POST', body: '{}' })).toEqual([409, expect.stringContaining('NO_REACHABLE_URL')])
    for (const path of ['/tunnel/pair/context', '/tunnel/pair/ping', '/tunnel/qr'])
      expect((await ask(path))[1], path).not.toContain(address)
  })

  it('nor is one told to a device that joined', async () => {
    const house = await openHouse({ ip })
    const { told } = await phone(house)
    for (const url of [told.baseUrl, told.lanUrl ?? told.baseUrl, ...told.connectUrls]) {
      expect(url).toMatch(/^https:\/\/|^http:\/\/10\.231\./)
    }
  })
})
