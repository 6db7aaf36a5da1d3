import { beforeAll, expect, it } from 'vitest'
import { tunnelPeers } from '../e2e/tunnel/house.ts'
import { onRequests } from '../support/misbehaving.ts'
import { needsPeer } from '../support/peers.ts'
import { verdictOf } from '../support/verdict.ts'
import type { Answer, Door } from './doors.ts'
import { challenge, JSON_LINE, openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// A squatter on the port that ssh forwarded is asked to prove that it is the gateway of http://127.0.0.1:18790, and has the real one asked through the
// tunnel: by frps, or by a broker of its own.

const names = ['127.0.0.1:18790', 'localhost:18790', '[::1]:18790', '127.8.8.8', 'localhost', 'app.localhost:18790', '127.0.0.1:50022']

needsPeer(tunnelPeers, 'a challenge for a loopback name, passed on through the tunnel', (frps, frpc) => {
  let house: TunnelHouse
  beforeAll(async () => {
    house = await openTunnelHouse({ programs: [frps, frpc] })
  }, 60_000)

  it.each(names)('http://%s is not signed', async (name) => {
    for (const door of [house.visitor, house.socket]) {
      for (const host of [name, house.visitor.host, house.local.host]) {
        for (const lines of [[], ['X-Forwarded-For: 127.0.0.1'], [`X-Forwarded-Host: ${name}`], [house.bearer]]) {
          const answer = await challenge(door, `http://${name}`, host, lines)
          expect([404, 421], `${name} as ${host}: ${answer.body}`).toContain(answer.status)
          expect(answer.body).not.toContain('signature')
        }
      }
    }
    const here = await challenge(house.local, `http://${name}`)
    expect(here, 'who dialled it here is told').toMatchObject({ status: 200 })
  })

  it.each(['127.0.0.1', 'localhost', 'app.localhost'])('nor for the gateway’s own test of http://%s', async (name) => {
    // Whoever squats the port hears the nonce of the test.
    const heard: string[] = []
    const answers: Answer[] = []
    const squatter = await onRequests({ name }, (url) => (req, res) => {
      let text = ''
      req.setEncoding('utf8').on('data', (more: string) => (text += more))
      const answer = async (): Promise<void> => {
        const pass = async (door: Door): Promise<Answer> =>
          await door.ask(`${req.method} ${req.url}`, [JSON_LINE], { host: new URL(url).host, ...(text === '' ? {} : { body: text }) })
        if (text !== '') {
          heard.push(text)
          answers.push(await pass(house.visitor))
        }
        const passed = await pass(house.socket)
        if (text !== '') answers.push(passed)
        res.writeHead(passed.status, { 'content-type': passed.headers['content-type'] ?? 'text/plain' }).end(passed.body)
      }
      req.once('end', () => void answer().catch(() => res.destroy()))
    })
    const verdict = await verdictOf(house.gateway, squatter.url)
    expect(heard.length).toBeGreaterThan(0)
    expect(verdict.ok).toBe(false)
    expect(answers.map(({ status }) => status).filter((status) => status !== 404 && status !== 421)).toEqual([])
    expect(answers.filter(({ body }) => body.includes('signature'))).toEqual([])
  })

  it('the address of the tunnel itself passes its test', async () => {
    expect(await verdictOf(house.gateway, house.url)).toMatchObject({ ok: true })
  })
})
