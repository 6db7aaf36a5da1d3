import { beforeAll, describe, expect, it } from 'vitest'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tunnelPeers } from '../e2e/tunnel/house.ts'
import { otherComputer } from '../support/netns.ts'
import { needsPeer } from '../support/peers.ts'
import { type Door, doorTo } from './doors.ts'
import { challenge, JSON_LINE, openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// Through the tunnel the gateway proves itself by the name of the lease, and as nothing that it is elsewhere: a broker, or a visitor, that plays the
// gateway at another address would pass those proofs on. Nor does another door prove the name of the lease, at which a broker could put somebody else.

const publicUrl = 'https://gateway.test'
/** Where a phone was paired, by a way of its own. */
const paired = 'https://phones.example'

needsPeer([...tunnelPeers, 'netns'], 'a challenge that came through the tunnel', (frps, frpc, ip) => {
  let house: TunnelHouse
  const doors: Record<string, Door> = {}
  beforeAll(async () => {
    const { hostAddress: bind } = await otherComputer(ip)
    house = await openTunnelHouse({ programs: [frps, frpc], gateway: { publicUrl, bind } })
    doors['through frps'] = house.visitor
    doors['from a broker that lets everything pass'] = house.socket
    doors['local'] = house.local
    doors['lan'] = doorTo({ host: bind, port: house.gateway.port }, `${bind}:${house.gateway.port}`)
    doors['control'] = house.control
    await pairAt(paired)
  }, 60_000)

  /** A phone that joined at this origin, as its record says. */
  async function pairAt(origin: string): Promise<void> {
    const minted = await house.control.ask('POST /xopc/api/pair', [JSON_LINE], { body: '{}' })
    // `as`: what POST /api/pair answers.
    const { baseUrl } = JSON.parse(minted.body) as { baseUrl: string }
    const secret = /ps=([\w-]+)/.exec(minted.body)?.[1]
    const joined = await doors['lan']!.ask('POST /xopc/api/tunnel/exchange-token', [JSON_LINE], {
      body: JSON.stringify({ pairingSecret: secret }),
    })
    if (joined.status !== 200) throw new Error(minted.body + joined.body)
    const path = join(house.gateway.stateDir, 'devices.json')
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll(baseUrl, origin), { mode: 0o600 })
    // `as`: what the exchange answers.
    const { device } = JSON.parse(joined.body) as { device: { id: string } }
    await house.control.ask(`PATCH /xopc/api/devices/${device.id}`, [JSON_LINE], { body: '{"name":"Another"}' })
  }

  const foreign = (): [origin: string, hosts: string[]][] => {
    const { host, port } = new URL(house.url)
    return [
      [publicUrl, ['gateway.test', host]],
      [paired, ['phones.example', host]],
      ['https://evil.example', ['evil.example', host]],
      [house.url, ['evil.example', 'localhost', house.local.host, `other.localhost:${port}`]],
      [`https://${host}`, [host]],
      [`http://other.localhost:${port}`, [`other.localhost:${port}`, host]],
      ['http://localhost', ['localhost', host]],
      [`http://${house.local.host}`, [house.local.host, host]],
      [`http://${doors['lan']!.host}`, [doors['lan']!.host, host]],
    ]
  }
  const claims = (host: string): (readonly string[])[] => [
    [],
    [`X-Forwarded-Host: ${host}`, 'X-Forwarded-Proto: https'],
    [`Forwarded: host=${host};proto=https`],
    [house.bearer],
  ]

  describe.each(['through frps', 'from a broker that lets everything pass'])('%s', (way) => {
    it('is signed for the name of the lease, and for nothing else', async () => {
      const door = doors[way]!
      expect(await challenge(door, house.url)).toMatchObject({ status: 200 })
      for (const [origin, hosts] of foreign()) {
        for (const host of hosts) {
          for (const lines of claims(new URL(origin).host)) {
            const answer = await challenge(door, origin, host, lines)
            // frps itself answers 404 for a name that is nobody's.
            expect([404, 421], `${origin} as ${host}: ${answer.body}`).toContain(answer.status)
            expect(answer.body).not.toContain('signature')
          }
        }
      }
    })

    it('a session that somebody made at another name does not make that name the gateway’s', async () => {
      for (const origin of ['https://console.example', 'http://app.localhost:9999', 'http://localhost:9999']) {
        const { host } = new URL(origin)
        await doors[way]!.ask('POST /xopc/api/session', [`Origin: ${origin}`, JSON_LINE], {
          host,
          body: JSON.stringify({ token: house.gateway.token }),
        })
        const answer = await challenge(doors[way]!, origin, host)
        expect([404, 421], `${origin}: ${answer.body}`).toContain(answer.status)
      }
    })
  })

  it('those are its own elsewhere, so there was something to be had', async () => {
    const proxied = ['X-Forwarded-Proto: https']
    expect(await challenge(house.local, publicUrl, 'gateway.test', proxied)).toMatchObject({ status: 200 })
    expect(await challenge(house.local, paired, 'phones.example', proxied)).toMatchObject({ status: 200 })
    expect(await challenge(doors['lan']!, `http://${doors['lan']!.host}`)).toMatchObject({ status: 200 })
  })

  it.each(['local', 'lan', 'control'])('the name of the lease is not signed for who comes by %s', async (name) => {
    const { host } = new URL(house.url)
    for (const lines of claims(host)) {
      for (const sent of [host, doors[name]!.host]) {
        const answer = await challenge(doors[name]!, house.url, sent, lines)
        expect(answer, `as ${sent} with ${lines.join()}`).toMatchObject({ status: 421, code: 'NOT_MY_ORIGIN' })
      }
    }
  })

  it('nor where a phone was paired there, or somebody signed in there by that door', async () => {
    const { host } = new URL(house.url)
    await house.local.ask('POST /xopc/api/session', [`Origin: ${house.url}`, JSON_LINE], {
      host,
      body: JSON.stringify({ token: house.gateway.token }),
    })
    await pairAt(house.url)
    expect(await challenge(house.local, house.url)).toMatchObject({ status: 421, code: 'NOT_MY_ORIGIN' })
    expect(await challenge(house.visitor, house.url)).toMatchObject({ status: 200 })
  })
})
