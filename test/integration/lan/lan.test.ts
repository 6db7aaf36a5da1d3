import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { request, type IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import type { AccessState, GatewayEvent } from '../../../src/lib/protocol/http-api.ts'
import { configText, type House, openHouse } from '../../contract/house.ts'
import { otherComputer, type OtherComputer } from '../../support/netns.ts'
import { needsPeer } from '../../support/peers.ts'
import { run } from '../../support/run.ts'

needsPeer(['netns', 'curl'], 'lan, seen from another computer', (ip, curl) => {
  async function code(other: OtherComputer, url: string, headers: readonly string[] = []): Promise<string> {
    const ran = await other.run([
      curl,
      '-s',
      '-o',
      '/dev/null',
      '-m',
      '5',
      '-w',
      '%{http_code}',
      ...headers.flatMap((header) => ['-H', header]),
      url,
    ])
    return ran.code === 0 ? ran.stdout : `curl ${ran.code}`
  }

  async function address(verb: 'add' | 'del', other: OtherComputer, text: string): Promise<void> {
    const ran = await run([ip, 'addr', verb, text, 'dev', other.hostInterface])
    expect(ran).toMatchObject({ code: 0 })
  }

  it('lets in with the token, refuses without, and closes at once, while a local stream goes on', async () => {
    const other = await otherComputer(ip)
    await using house = await openHouse('client')
    const state = await house.xopc.enable('lan', { address: other.hostAddress })
    const url = urlOf(state)
    expect(url).toContain(other.hostAddress)
    const { url: localUrl } = await house.xopc.status()
    const local = await openStream(localUrl, house.token)
    expect(await code(other, `${url}/health`)).toBe('200')
    expect(await code(other, `${url}/xopc/api/status`)).toBe('401')
    expect(await code(other, `${url}/xopc/api/status`, [`Authorization: Bearer ${house.token}`])).toBe('200')
    expect((await house.xopc.diagnose('lan')).find((finding) => finding.code === 'LAN_ANSWERS')).toMatchObject({
      status: 'pass',
      title: expect.stringContaining(url),
    })

    expect(await house.xopc.disable('lan')).toEqual({ phase: 'off' })
    expect(await code(other, `${url}/health`)).toBe('curl 7')
    expect(await local.saw('"phase":"off"')).toBe(true)
    expect(local.ended()).toBe(false)
    local.close()
  })

  it('waits for its address and comes on by itself, and is blocked again when it goes', async () => {
    const other = await otherComputer(ip)
    const later = other.hostAddress.replace(/\.1$/, '.9')
    await using house = await openHouse('live', configText(`    bind: '${later}',\n`))
    const [, lan] = (await house.xopc.status()).methods
    expect(lan).toMatchObject({ intended: true, state: { phase: 'blocked', needs: { code: 'LAN_ADDRESS_NOT_AVAILABLE' } } })

    const on = phase(house, 'on')
    await address('add', other, `${later}/24`)
    const url = urlOf(await on)
    expect(await code(other, `${url}/health`)).toBe('200')

    const blocked = phase(house, 'blocked')
    await address('del', other, `${later}/24`)
    await blocked
    expect((await house.xopc.status()).ingress.map(({ id }) => id)).not.toContain('lan')
  })

  it('moves with the network and keeps the connections of addresses that stay', async () => {
    const other = await otherComputer(ip)
    await using house = await openHouse('live')
    const state = await house.xopc.enable('lan')
    const url = urlsOf(state).find((each) => each.includes(`//${other.hostAddress}:`))
    const stream = other.start([curl, '-sN', '-H', `Authorization: Bearer ${house.token}`, `${url}/xopc/api/events`])
    const told = text(stream.stdout)
    await told.saw('event: connected')

    const second = other.hostAddress.replace(/\.1$/, '.7')
    const moved = when(house, (state) => urlsOf(state).some((each) => each.includes(`//${second}:`)))
    await address('add', other, `${second}/24`)
    const next = await moved
    expect(urlsOf(next)).toContain(url)
    expect(await code(other, `http://${second}:${new URL(url ?? '').port}/health`)).toBe('200')
    // The stream of the first address heard of the second: it was never cut.
    expect(await told.saw(second)).toBe(true)
  })

  it('follows the file: its port, its bind, and back to loopback', async () => {
    const other = await otherComputer(ip)
    await using house = await openHouse('live')
    const on = phase(house, 'on')
    await house.xopc.patchConfig({ 'gateway.bind': other.hostAddress })
    const url = urlOf(await on)
    const free = await freePort()
    const moved = when(house, (state) => urlOf(state).endsWith(`:${free}`))
    await house.xopc.patchConfig({ 'gateway.port': free })
    expect(await code(other, `${urlOf(await moved)}/health`)).toBe('200')
    expect(await code(other, `${url}/health`)).toBe('curl 7')
    const off = phase(house, 'off')
    await house.xopc.patchConfig({ 'gateway.bind': null })
    await off
    expect(await code(other, `http://${other.hostAddress}:${free}/health`)).toBe('curl 7')
  })

  it('stays on where it can when another program has one of its addresses', async () => {
    const other = await otherComputer(ip)
    const second = other.hostAddress.replace(/\.1$/, '.7')
    await address('add', other, `${second}/24`)
    await using house = await openHouse('client')
    const port = Number(new URL((await house.xopc.status()).url).port)
    const squatter = createServer().listen(port, second)
    await once(squatter, 'listening')
    const state = await house.xopc.enable('lan')
    expect(state).toMatchObject({ phase: 'degraded', error: { code: 'PORT_IN_USE' } })
    expect(await code(other, `http://${other.hostAddress}:${port}/health`)).toBe('200')
    const on = when(house, (next) => urlsOf(next).includes(`http://${second}:${port}`))
    squatter.close()
    await on
    expect(await code(other, `http://${second}:${port}/health`)).toBe('200')
  })

  it('marks a cable that is no real network card', async () => {
    const other = await otherComputer(ip)
    await using house = await openHouse('offline')
    const { candidates } = (await house.xopc.overview()).methods[1] ?? {}
    const mine = candidates?.find(({ interface: name }) => name === other.hostInterface)
    expect(mine).toMatchObject({ kind: 'virtual', note: expect.stringContaining('virtual machines or containers') })
    expect(candidates?.findIndex(({ kind }) => kind === 'virtual')).toBeGreaterThanOrEqual(
      candidates?.filter(({ kind }) => kind === 'physical').length ?? 0,
    )
  })
})

function urlsOf(state: AccessState): string[] {
  return state.phase === 'on' ? state.urls : []
}

function urlOf(state: AccessState): string {
  return urlsOf(state)[0] ?? `not on: ${JSON.stringify(state)}`
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // `as`: a TCP server that listens has an address of this form.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The state that the method reaches next. */
async function phase(house: House, wanted: AccessState['phase']): Promise<AccessState> {
  return await when(house, (state) => state.phase === wanted)
}

async function when(house: House, test: (state: AccessState) => boolean): Promise<AccessState> {
  for await (const event of house.xopc.events(AbortSignal.timeout(15_000))) {
    const state = stateIn(event)
    if (state !== null && test(state)) return state
  }
  throw new Error('not within 15 s')
}

function stateIn({ type, data }: GatewayEvent): AccessState | null {
  // `as`: the data of this type of event is ours.
  return type === 'access.state' ? (data as { state: AccessState }).state : null
}

function text(stream: AsyncIterable<Buffer | string>): { saw(part: string): Promise<boolean>; ended(): boolean } {
  let all = ''
  let over = false
  const waiting = new Set<() => void>()
  const wake = (): void => waiting.forEach((each) => each())
  const read = async (): Promise<void> => {
    for await (const chunk of stream) {
      all += String(chunk)
      wake()
    }
  }
  void read()
    .catch(() => undefined)
    .then(() => {
      over = true
      wake()
    })
  return {
    ended: () => over,
    saw: (part) =>
      new Promise((resolve) => {
        const late = setTimeout(() => done(), 15_000)
        const done = (): void => {
          clearTimeout(late)
          waiting.delete(look)
          resolve(all.includes(part))
        }
        const look = (): void => void ((all.includes(part) || over) && done())
        waiting.add(look)
        look()
      }),
  }
}

async function openStream(url: string, token: string): Promise<ReturnType<typeof text> & { close(): void }> {
  const asked = request(`${url}/xopc/api/events`, { agent: false, headers: { authorization: `Bearer ${token}` } })
  asked.end()
  const response = await new Promise<IncomingMessage>((resolve, reject) => asked.on('response', resolve).on('error', reject))
  const stream = text(response)
  await stream.saw('event: connected')
  return { ...stream, close: () => void asked.destroy() }
}
