import { expect, it } from 'vitest'
import { openRemoteGateway, type RemoteGateway } from '../../../src/lib/remote/remote-gateway.ts'
import { readPlace } from '../../../src/lib/remote/target.ts'
import { changeKnownGateway, knownGateway } from '../../../src/lib/state/known-gateways.ts'
import { openState, type State } from '../../../src/lib/state/store.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { createStandIn, json, type StandIn, startServer } from './stand-in.ts'

// One gateway at two addresses, in the life of one program: its requests go on where one of the two is lost.

const TOKEN = 'a1b2c3d4'.repeat(6)
const status = { method: 'GET', path: '/xopc/api/status' }

/** An address of the gateway: how it behaves can be changed, and it counts what it is asked and which connections are open. */
async function startAddress(standIn: StandIn) {
  const behaviour = { silent: false, slowMs: 0 }
  const counted = { proofs: 0, requests: 0, open: 0, askedAt: 0 }
  const seen = new WeakSet()
  const server = await startServer(({ challenge }, res, { socket }) => {
    if (!seen.has(socket)) {
      seen.add(socket)
      counted.open++
      socket.once('close', () => counted.open--)
    }
    if (challenge !== null) counted.askedAt = performance.now()
    counted[challenge === null ? 'requests' : 'proofs']++
    const reply = (): void => json(res, challenge ? standIn.prove(challenge) : { ok: true })
    if (!behaviour.silent) setTimeout(reply, behaviour.slowMs)
  })
  return { ...server, behaviour, counted }
}

async function reach(first: string, second: string, { publicKey }: StandIn): Promise<{ gateway: RemoteGateway; state: State }> {
  const dir = await tempFolder()
  const state = await openState({ HOME: dir, XOPC_STATE_DIR: dir })
  const now = new Date().toISOString()
  const known = { origin: first, gatewayId: 'stand-in', publicKey, urls: [first, second], lastGood: null, firstSeen: now, lastSeen: now }
  await changeKnownGateway(state, first, () => known)
  const target = { place: readPlace(first, '--url'), from: '--url', credential: TOKEN, publicKey: null }
  return { state, gateway: await openRemoteGateway({ target, state, env: {}, meet: async () => false }) }
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await act()
  return performance.now() - begin
}

it('the second address is not dialled while the first one works', async () => {
  const standIn = createStandIn()
  const [first, second] = [await startAddress(standIn), await startAddress(standIn)]
  const { gateway } = await reach(first.url, second.url, standIn)
  for (let times = 0; times < 3; times++) await (await gateway.transport(status)).json()
  expect([first.counted.requests, second.connections()]).toEqual([3, 0])
})

it('requests go on over the second where the first is gone', async () => {
  const standIn = createStandIn()
  const [first, second] = [await startAddress(standIn), await startAddress(standIn)]
  const { gateway } = await reach(first.url, second.url, standIn)
  await (await gateway.transport(status)).json()
  await first.close()
  expect(await timed(async () => await (await gateway.transport(status)).json())).toBeLessThan(1_000)
  expect([first.counted.requests, second.counted.requests]).toEqual([1, 1])
})

it('one that worked last costs no wait beside one that is silent, and the better one is taken again once it is back', async () => {
  const standIn = createStandIn()
  const [first, second] = [await startAddress(standIn), await startAddress(standIn)]
  first.behaviour.silent = true
  const { gateway, state } = await reach(first.url, second.url, standIn)
  expect(gateway.way.origin).toBe(second.url)
  expect(await knownGateway(state, first.url)).toMatchObject({ lastGood: second.url })
  gateway.close()
  await (await gateway.transport(status)).json()
  // Both at once, without the 250 ms between them.
  expect(second.counted.askedAt - first.counted.askedAt).toBeLessThan(200)
  first.behaviour.silent = false
  await (await gateway.transport(status)).json()
  expect([first.counted.requests, second.counted.requests]).toEqual([1, 1])
})

it('one that proves itself too late gets nothing, and its connection is put away', async () => {
  const standIn = createStandIn()
  const [first, second] = [await startAddress(standIn), await startAddress(standIn)]
  first.behaviour.slowMs = 700
  const { gateway } = await reach(first.url, second.url, standIn)
  await (await gateway.transport(status)).json()
  await expect.poll(() => first.counted.open, { timeout: 3_000 }).toBe(0)
  expect([first.counted.requests, second.counted.requests]).toEqual([0, 1])
  expect(JSON.stringify(first.heard())).not.toContain(TOKEN)
})

it('somebody else at the second gets nothing where the first is gone', async () => {
  const [standIn, other] = [createStandIn(), createStandIn()]
  const [first, second] = [await startAddress(standIn), await startAddress(other)]
  const { gateway } = await reach(first.url, second.url, standIn)
  await (await gateway.transport(status)).json()
  await first.close()
  await expect(gateway.transport(status)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' })
  expect([second.counted.proofs, second.counted.requests]).toEqual([1, 0])
  expect(JSON.stringify(second.heard())).not.toContain(TOKEN)
})

it('many requests at once each have a connection of their own', async () => {
  const standIn = createStandIn()
  const [first, second] = [await startAddress(standIn), await startAddress(standIn)]
  const { gateway } = await reach(first.url, second.url, standIn)
  const replies = await Promise.all(Array.from({ length: 8 }, async () => await (await gateway.transport(status)).json()))
  expect(replies).toEqual(Array.from({ length: 8 }, () => ({ ok: true })))
  expect([first.counted.proofs, first.counted.requests, first.connections()]).toEqual([8, 8, 8])
  await expect.poll(() => first.counted.open).toBe(0)
})

it('addresses that it names are kept before those that it named earlier, and only while it is known', async () => {
  const standIn = createStandIn()
  const [first, second] = [await startAddress(standIn), await startAddress(standIn)]
  const { gateway, state } = await reach(first.url, second.url, standIn)
  await gateway.keepUrls(['https://third.example'])
  const [, ...others] = (await knownGateway(state, first.url))?.urls ?? []
  expect(others).toEqual(expect.arrayContaining([second.url]))
  await gateway.keepUrls([second.url])
  expect(await knownGateway(state, first.url)).toMatchObject({
    urls: expect.arrayContaining(['https://third.example']),
    publicKey: standIn.publicKey,
  })
  expect((await knownGateway(state, first.url))?.urls[0]).toBe(second.url)
  await gateway.keepUrls(Array.from({ length: 30 }, (_, index) => `https://${index}.example`))
  expect((await knownGateway(state, first.url))?.urls).toHaveLength(20)
  await changeKnownGateway(state, first.url, () => null)
  await gateway.keepUrls(['https://fourth.example'])
  expect(await knownGateway(state, first.url)).toBeNull()
})
