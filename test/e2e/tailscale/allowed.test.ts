import { afterEach, beforeAll, expect, it } from 'vitest'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway } from '../../support/tailnet/gateway.ts'
import { a, asJson, served, untilState } from './house.ts'

const waitsFor = (code: string, more: object = {}) => ({ phase: 'blocked', needs: { code }, ...more })
const consent = (feature: string) => `https://login.tailscale.com/f/${feature}?node=test`
const isLocal = async (gateway: RunningGateway) => expect((await gateway.fetch('/health')).status).toBe(200)

needsPeer(tailnetPeers, 'a tailnet that does not allow it', () => {
  let tailnet: Tailnet = undefined as never
  beforeAll(async () => {
    tailnet = await startTailnet()
  })
  let gateway: RunningGateway | null = null
  afterEach(async () => {
    await gateway?.stop()
    gateway = null
  })
  async function gatewayWith(options: Parameters<typeof startTailnetGateway>[2] = {}): Promise<RunningGateway> {
    return (gateway = await startTailnetGateway(tailnet, 'a', options))
  }

  it.each([
    ['https', 0, 'serve', 'TAILSCALE_HTTPS_OFF'],
    ['https', 1, 'serve', 'TAILSCALE_HTTPS_OFF'],
    ['funnel', 0, 'funnel', 'TAILSCALE_FUNNEL_OFF'],
    ['funnel', 1, 'funnel', 'TAILSCALE_FUNNEL_OFF'],
  ])('%s off, wait=%i: the address is shown, and %s goes on by itself', async (feature, wait, mode, code) => {
    await tailnet.admin(`set?${feature}=0&wait=${wait}`)
    await tailnet.until('a', 'to hear it', ({ Self }) => !Object.hasOwn(Self.CapMap ?? {}, feature))
    const auth = { mode: 'password', password: 'correct horse battery' }
    const running = await gatewayWith({ config: { gateway: { auth } } })
    const args = mode === 'funnel' ? ['funnel', '--accept-risk'] : ['serve']
    // Tailscale itself would wait for the administrator, where it is told to.
    const { code: exit, json } = await asJson(running.xopc, ['tailscale', ...args], { timeoutMs: 10_000 })
    expect([exit, json]).toMatchObject([1, waitsFor(code, { url: consent(mode) })])
    expect((await running.xopc(['tailscale', 'status'])).stdout).toContain(consent(mode))
    await isLocal(running)
    expect(await served(tailnet)).toBe('{}')
    await tailnet.admin(`set?${feature}=1`)
    await untilState(running, { phase: 'on', urls: [a] })
    expect(await tailnet.fetchFrom('b', `${a}/health`)).toMatchObject({ status: 200 })
  })

  it('https off while it is on: blocked, and on again by itself', async () => {
    const running = await gatewayWith({ config: { gateway: { tailscale: { mode: 'serve' } } } })
    await untilState(running, { phase: 'on' })
    await tailnet.admin('set?https=0&wait=0')
    await untilState(running, waitsFor('TAILSCALE_HTTPS_OFF', { url: consent('serve') }))
    await isLocal(running)
    await tailnet.admin('set?https=1')
    await untilState(running, { phase: 'on', urls: [a] })
  })

  it('--wait goes on until the administrator has allowed it', async () => {
    await tailnet.admin('set?https=0&wait=0')
    await tailnet.until('a', 'to hear it', ({ CertDomains }) => CertDomains === null)
    const running = await gatewayWith()
    const waits = asJson(running.xopc, ['tailscale', 'serve', '--wait'])
    await untilState(running, waitsFor('TAILSCALE_HTTPS_OFF'))
    await tailnet.admin('set?https=1')
    const { code, json } = await waits
    expect([code, json]).toMatchObject([0, { phase: 'on', urls: [a] }])
  })
})
