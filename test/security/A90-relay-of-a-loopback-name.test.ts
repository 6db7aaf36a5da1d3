import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { verdictOf } from '../support/verdict.ts'
import { type Door, type House, openHouse, PUBLIC_HOST } from './doors.ts'
import { proxyNames, proxyPeers, startProxies } from './proxies.ts'

// A squatter on the port that ssh forwarded is asked to prove that it is the gateway of http://127.0.0.1:18790, and asks the real one
// through its public door.

const nonce = 'relay-relay-relay-relay-relay-relay-1234'

needsPeer('netns', 'a challenge for a loopback name', (ip) => {
  let house: House
  let withApp: House
  beforeAll(async () => {
    house = await openHouse({ ip })
    withApp = await openHouse({ ip, app: true })
  })

  const challenge = (door: Door, origin: string, lines: readonly string[] = [], host?: string) =>
    door.ask('POST /xopc/api/gateway-identity/challenge', ['Content-Type: application/json', ...lines], {
      body: JSON.stringify({ nonce, origin }),
      ...(host === undefined ? {} : { host }),
    })

  const loopback = ['127.0.0.1:18790', 'localhost:18790', '[::1]:18790', '127.8.8.8', 'localhost', 'app.localhost:18790', '127.0.0.1:50022']

  it.each(loopback)('http://%s is not signed for who came by another door', async (host) => {
    for (const each of [house, withApp]) {
      for (const name of ['lan', 'proxy'] as const) {
        for (const sent of [host, each.doors[name].host]) {
          const answer = await challenge(each.doors[name], `http://${host}`, [], sent)
          expect(answer, `${name} ${sent}`).toMatchObject({ status: 421, code: 'NOT_MY_ORIGIN' })
          expect(answer.body).not.toContain('signature')
        }
      }
    }
  })

  it.each([
    'X-Forwarded-For: 203.0.113.1',
    'Via: 1.1 relay',
    'Forwarded: for=203.0.113.1',
    'X-Forwarded-Host: 127.0.0.1',
    'X-Forwarded-Proto: http',
  ])('a request that came through a proxy on this computer (%s) is not local', async (line) => {
    for (const host of ['127.0.0.1:18790', 'localhost:18790']) {
      const answer = await challenge(house.doors.local, `http://${host}`, [line], host)
      expect(answer).toMatchObject({ status: 421, code: 'NOT_MY_ORIGIN' })
    }
  })

  it('another loopback name than the one that was dialled is not signed', async () => {
    const { local } = house.doors
    expect(await challenge(local, 'http://127.0.0.1:1', [], local.host)).toMatchObject({ status: 421 })
    expect(await challenge(local, 'https://127.0.0.1:18790', [], '127.0.0.1:18790')).toMatchObject({ status: 421 })
  })

  it('control signs for http://localhost alone', async () => {
    const { control } = house.doors
    expect(await challenge(control, 'http://localhost')).toMatchObject({ status: 200 })
    expect(await challenge(control, 'http://localhost:18790', [], 'localhost:18790')).toMatchObject({ status: 421 })
    expect(await challenge(control, `https://${PUBLIC_HOST}`, [], PUBLIC_HOST)).toMatchObject({ status: 421 })
  })

  it('is signed for who dialled it here', async () => {
    const { local, proxy } = house.doors
    expect(await challenge(local, `http://${local.host}`)).toMatchObject({ status: 200 })
    expect(await challenge(local, 'http://127.0.0.1:50022', [], '127.0.0.1:50022')).toMatchObject({ status: 200 })
    expect(await challenge(proxy, `https://${PUBLIC_HOST}`)).toMatchObject({ status: 200 })
  })
})

needsPeer(proxyPeers, 'a challenge for a loopback name through a real proxy', (...programs) => {
  let house: House
  let doors: Record<string, Door>
  beforeAll(async () => {
    house = await openHouse({ bare: true, gateway: { publicUrl: `https://${PUBLIC_HOST}` } })
    doors = await startProxies(programs, house.gateway.port)
  })

  it.each(proxyNames)('%s: is not signed, by whatever name the squatter asks', async (name) => {
    const door = doors[name]!
    const own = `127.0.0.1:${house.gateway.port}`
    for (const host of ['127.0.0.1:18790', 'localhost:18790', '[::1]:18790', 'localhost', 'app.localhost:18790', own]) {
      for (const sent of [host, PUBLIC_HOST]) {
        const answer = await door.ask('POST /xopc/api/gateway-identity/challenge', ['Content-Type: application/json'], {
          host: sent,
          body: JSON.stringify({ nonce, origin: `http://${host}` }),
        })
        expect(answer, `${host} as ${sent}`).toMatchObject({ status: 421, code: 'NOT_MY_ORIGIN' })
        expect(answer.body).not.toContain('signature')
      }
    }
  })

  it.each(proxyNames)('%s: not for the gateway’s own test of it either', async (name) => {
    // Whoever squats the port could pass the nonce of a test on; a name below localhost belongs to a proxy on this computer.
    const port = doors[name]!.host.replace(/^.*:/, '')
    for (const host of ['127.0.0.1', 'localhost']) {
      const verdict = await verdictOf(house.gateway, `http://${host}:${port}`)
      expect(verdict, JSON.stringify(verdict)).toMatchObject({ ok: false, code: 'HTTP_ERROR' })
      expect(verdict.stages.find(({ status }) => status === 'fail')).toMatchObject({ stage: 'identity' })
    }
    const verdict = await verdictOf(house.gateway, `http://gateway.localhost:${port}`)
    expect(
      verdict.stages.find(({ stage }) => stage === 'identity'),
      JSON.stringify(verdict),
    ).toMatchObject({ status: 'pass' })
  })
})
