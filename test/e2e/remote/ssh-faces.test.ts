import { beforeEach, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { type FarSide, type Laptop, laptopWith, startFarSide } from './far-side.ts'

// What goes on for a while: the page, a pairing code, the log and the overview, each of a gateway that only ssh reaches.
needsPeer(['sshd', 'own-hosts'], 'of a gateway behind ssh', (sshdPath) => {
  let [far, laptop]: [FarSide, Laptop] = [undefined as never, undefined as never]
  beforeEach(async () => {
    far = await startFarSide(sshdPath, { gateway: { config: { gateway: { bind: 'lan' } } } })
    laptop = await laptopWith(far.sshd)
    await laptop.use(far.sshd.target)
  })

  async function startAgain(): Promise<RunningGateway> {
    return await startGateway({ stateDir: far.gateway.stateDir, args: ['--port', String(far.gateway.port)] })
  }

  it('the page is served here, with its events as they come; it says that the gateway is gone, and that it is back', async () => {
    const ui = laptop.start(['ui', '--no-open'])
    const [link] = await ui.says(/http:\/\/127\.0\.0\.1:\d+\/#code=[\w-]{43}/)
    expect(await (await fetch(link)).text()).toContain('data-face="ui"')
    const headers = { 'x-xopc-token': await keyOf(link) }
    const ask = async (path: string) => await fetch(new URL(path, link), { headers, signal: AbortSignal.timeout(20_000) })
    const shown = (await (await ask('/xopc/api/status')).json()) as { pid: number }
    expect(shown.pid).toBe(far.gateway.pid)
    const many = await Promise.all([1, 2, 3, 4, 5].map(async () => (await ask('/xopc/api/overview')).status))
    expect(new Set(many)).toEqual(new Set([200]))

    const events = eventsOf(await ask('/xopc/api/events'))
    expect(await events.next()).toContain('connected')
    const begin = Date.now()
    await far.gateway.xopc(['config', 'set', 'gateway.maxSseConnections=7'])
    expect(await events.next()).toContain('config.reload')
    expect(Date.now() - begin).toBeLessThan(5000)

    await far.gateway.stop()
    const gone = await ask('/xopc/api/overview')
    expect([gone.status, await gone.json()]).toEqual([502, expect.objectContaining({ code: 'UI_GATEWAY_GONE' })])
    const back = await startAgain()
    expect(await (await ask('/xopc/api/status')).json()).toMatchObject({ pid: back.pid })
    ui.kill('SIGINT')
    expect(await ui.ended).toBe(0)
  })

  it('a pairing code leads there, is told to the end, and Ctrl-C takes it back', async () => {
    await expect.poll(async () => (await laptop.xopc(['pair', '--timeout', '0', '--json'])).code, { timeout: 20_000 }).toBe(0)
    const pair = laptop.start(['pair', '--json', '--name', 'Phone'])
    const [line] = await pair.says(/^\{.*\}$/m)
    const code = JSON.parse(line) as { id: string; state: string; baseUrl: string }
    expect(code).toMatchObject({ state: 'waiting', name: 'Phone', baseUrl: expect.stringContaining(`:${far.gateway.port}`) })
    pair.kill('SIGINT')
    expect(await pair.ended).toBe(130)
    expect(JSON.parse(pair.stdout().trim().split('\n').at(-1) ?? '')).toMatchObject({ id: code.id, state: 'revoked' })
    expect(await (await far.gateway.fetch(`/api/pair/${code.id}`)).json()).toMatchObject({ state: 'revoked' })
  })

  it('the log is followed', async () => {
    const logs = laptop.start(['gateway', 'logs', '--follow', '--json'])
    await logs.says(/gateway started|started/)
    await laptop.xopc(['proxy', 'set', 'https://logged.invalid'])
    await logs.says(/logged\.invalid|proxy/)
    for (const line of logs.stdout().trim().split('\n')) expect(() => void JSON.parse(line)).not.toThrow()
    logs.kill('SIGINT')
    expect(await logs.ended).toBe(130)
  })

  it('the overview is watched, also after the gateway ended and came back', async () => {
    const watch = laptop.start(['status', '--watch', '--json'])
    await watch.says(/"gatewayId"/)
    await far.gateway.xopc(['proxy', 'set', 'https://first.invalid'])
    await watch.says(/first\.invalid/)
    await far.gateway.stop()
    await startAgain()
    await far.gateway.xopc(['proxy', 'set', 'https://second.invalid'])
    await watch.says(/second\.invalid/)
    watch.kill('SIGINT')
    expect(await watch.ended).toBe(130)
  })
})

async function keyOf(link: string): Promise<string> {
  const { origin, hash } = new URL(link)
  const body = JSON.stringify({ code: hash.slice('#code='.length) })
  const init = { method: 'POST', headers: { origin, 'content-type': 'application/json' }, body }
  // `as`: what the exchange answers.
  return ((await (await fetch(`${origin}/xopc/ui/session`, init)).json()) as { key: string }).key
}

/** Pieces of a stream as they arrive. */
function eventsOf({ body }: Response): { next(): Promise<string> } {
  const reader = (body ?? new ReadableStream<Uint8Array>()).getReader()
  return { next: async () => new TextDecoder().decode((await reader.read()).value) }
}
