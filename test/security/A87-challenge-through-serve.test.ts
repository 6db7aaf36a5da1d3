import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { tailnetPeers } from '../support/tailnet.ts'
import type { Answer, Door } from './doors.ts'
import { askForSession, cookieIn, JSON_LINE, openTailnetHouse, SERVED, type TailnetHouse } from './tailnets.ts'

// Through Tailscale the gateway proves itself as what it is there, and as nothing that it is elsewhere: a device of the tailnet that plays the
// gateway at another address would pass those proofs on.

const nonce = 'serve-serve-serve-serve-serve-serve-1234'
const publicUrl = 'https://gateway.test'
/** Where a phone was paired, by a way of its own. */
const paired = 'https://phones.example'

needsPeer(tailnetPeers, 'a challenge that came through Tailscale', () => {
  let house: TailnetHouse
  const doors: Record<string, Door> = {}
  beforeAll(async () => {
    house = await openTailnetHouse({ identity: true, gateway: { publicUrl } })
    doors['Serve'] = house.serve
    doors['what Serve leads to'] = await house.socket()
    await pairAt(paired)
  }, 60_000)

  /** A phone that joined at this origin, as its record says. */
  async function pairAt(origin: string): Promise<void> {
    const minted = await house.control.ask('POST /xopc/api/pair', [JSON_LINE], { body: JSON.stringify({ baseUrl: `https://${SERVED}` }) })
    if (minted.status !== 200) throw new Error(minted.body)
    // `as`: what POST /api/pair answers.
    const { links } = JSON.parse(minted.body) as { links: { app: string } }
    const secret = new URL(links.app).searchParams.get('ps') ?? /ps=([^&#]+)/.exec(links.app)?.[1]
    const joined = await house.serve.ask('POST /xopc/api/tunnel/exchange-token', [JSON_LINE], {
      body: JSON.stringify({ pairingSecret: secret }),
    })
    if (joined.status !== 200) throw new Error(links.app + joined.body)
    const path = join(house.gateway.stateDir, 'devices.json')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replaceAll(`https://${SERVED}`, origin), { mode: 0o600 })
    // `as`: what the exchange answers.
    const { device } = JSON.parse(joined.body) as { device: { id: string } }
    await house.control.ask(`PATCH /xopc/api/devices/${device.id}`, [JSON_LINE], { body: '{"name":"Another"}' })
  }

  async function challenge(door: Door, origin: string, host: string, lines: readonly string[] = []): Promise<Answer> {
    const body = JSON.stringify({ nonce, origin })
    return await door.ask('POST /xopc/api/gateway-identity/challenge', [JSON_LINE, ...lines], { host, body })
  }

  const foreign: [origin: string, hosts: string[]][] = [
    [publicUrl, ['gateway.test', SERVED]],
    [paired, ['phones.example', SERVED]],
    ['https://evil.example', ['evil.example', SERVED]],
    [`https://${SERVED}`, ['evil.example', 'localhost', 'node-b.xopc-test.ts.net']],
    [`https://${SERVED}:8443`, [SERVED, `${SERVED}:8443`]],
    [`http://${SERVED}`, [SERVED]],
    ['https://node-b.xopc-test.ts.net', ['node-b.xopc-test.ts.net', SERVED]],
    ['http://localhost', ['localhost', SERVED]],
    ['http://127.0.0.1:18790', ['127.0.0.1:18790', SERVED]],
    ['http://[::1]:18790', ['[::1]:18790']],
    ['https://localhost', ['localhost']],
  ]

  describe.each(['Serve', 'what Serve leads to'])('%s', (name) => {
    it('is signed for the name of the tailnet, and for nothing else', async () => {
      const door = doors[name]!
      const as = (host: string) => (name === 'Serve' ? [] : [`X-Forwarded-Host: ${host}`, 'X-Forwarded-Proto: https'])
      expect(await challenge(door, `https://${SERVED}`, SERVED, as(SERVED))).toMatchObject({ status: 200 })
      for (const [origin, hosts] of foreign) {
        for (const host of hosts) {
          for (const lines of [as(host), [...as(host), house.bearer]]) {
            const answer = await challenge(door, origin, host, lines)
            // Tailscale itself answers 404 for a name that is not this node's.
            expect([404, 421], `${origin} as ${host}: ${answer.body}`).toContain(answer.status)
            expect(answer.body).not.toContain('signature')
          }
        }
      }
    })
  })

  it('those are its own elsewhere, so there was something to be had', async () => {
    const proxied = ['X-Forwarded-Proto: https']
    expect(await challenge(house.local, publicUrl, 'gateway.test', proxied)).toMatchObject({ status: 200 })
    expect(await challenge(house.local, paired, 'phones.example', proxied)).toMatchObject({ status: 200 })
    // Nor is the name of the tailnet signed for who comes by another door.
    for (const door of [house.local, house.control])
      expect(await challenge(door, `https://${SERVED}`, SERVED, proxied)).toMatchObject({ status: 421, code: 'NOT_MY_ORIGIN' })
  })

  it('nobody whom Tailscale names makes another name the gateway’s', async () => {
    const { ip } = house.tailnet.node('b')
    const evil = 'https://evil.example'
    const asProxy = [
      'Tailscale-User-Login: alice@example.com',
      `X-Forwarded-For: ${ip}`,
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil.example',
    ]
    for (const [door, lines] of [
      [house.serve, []],
      [doors['what Serve leads to']!, asProxy],
    ] as const) {
      for (const origin of [evil, '']) {
        const answer = await askForSession(door, lines, origin, 'evil.example')
        expect([404, 421], answer.body).toContain(answer.status)
        expect(answer.headers).not.toHaveProperty('set-cookie')
      }
      // A page of elsewhere in her own browser.
      expect(await askForSession(door, lines.slice(0, 2), evil, SERVED)).toMatchObject({ status: 403, code: 'ORIGIN_NOT_HOST' })
    }
    cookieIn(await askForSession(house.serve))
    for (const door of [house.serve, house.local])
      expect(await door.ask('GET /xopc/api/status', [house.bearer, `Origin: ${evil}`])).toMatchObject({
        status: 403,
        code: 'FOREIGN_ORIGIN',
      })
    expect(await challenge(doors['what Serve leads to']!, evil, SERVED, asProxy.slice(2))).toMatchObject({
      status: 421,
      code: 'NOT_MY_ORIGIN',
    })
    // Her session is no reason to sign that name for who comes by another door.
    expect(await challenge(house.local, `https://${SERVED}`, SERVED)).toMatchObject({ status: 421 })
  })
})
