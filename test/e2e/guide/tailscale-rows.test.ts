import { beforeAll, expect, it, onTestFinished } from 'vitest'
import type { ConfigTree, RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { secondUser, type SecondUser } from '../../support/second-user.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway } from '../../support/tailnet/gateway.ts'
import { rowOfSight } from './rows.ts'

needsPeer(tailnetPeers, 'the rows about Tailscale', () => {
  let tailnet: Tailnet
  beforeAll(async () => {
    tailnet = await startTailnet({ unjoined: ['c'] })
  })

  async function start(config: ConfigTree = {}, { node = 'a', user }: { node?: string; user?: SecondUser } = {}): Promise<RunningGateway> {
    const gateway = await startTailnetGateway(tailnet, node, { config: { gateway: config }, user })
    onTestFinished(async () => void (await gateway.stop()))
    return gateway
  }
  /** Of what the command says, and of the state that it leaves. */
  async function codeOf(gateway: RunningGateway, ...words: string[]): Promise<unknown> {
    const said = JSON.parse((await gateway.xopc(['tailscale', ...words, '--json'])).stdout)
    return said.error?.code ?? said.state?.needs?.code ?? said.needs?.code
  }
  const password = { auth: { mode: 'password', password: 'a long enough password' } }

  it('this computer is not signed in', async () => {
    expect(await codeOf(await start({}, { node: 'c' }), 'serve')).toBe(rowOfSight('this computer is not signed in').code)
  })

  it('Tailscale lets this user look, and change nothing', async () => {
    const gateway = await start({}, { user: await secondUser() })
    expect(await codeOf(gateway, 'serve')).toBe(rowOfSight('Tailscale lets this user look, and change nothing').code)
  })

  it('an entry of somebody else is in the way, and another port is not', async () => {
    const { code, pieces } = rowOfSight('an entry of somebody else is in the way')
    await tailnet.cli('a', ['serve', '--bg', '--https=443', 'http://127.0.0.1:3000'])
    onTestFinished(async () => void (await tailnet.cli('a', ['serve', '--https=443', 'off'])))
    const gateway = await start()
    expect(await codeOf(gateway, 'serve')).toBe(code)
    expect(pieces).toEqual(['xopc tailscale serve --port 8443'])
    expect(await gateway.xopc(['tailscale', 'serve', '--port', '8443'])).toMatchObject({ code: 0 })
  })

  it('our entry was removed or changed, and is put back by the command', async () => {
    const { code, pieces } = rowOfSight('our entry was removed or changed')
    const gateway = await start()
    expect(await gateway.xopc(['tailscale', 'serve'])).toMatchObject({ code: 0 })
    await tailnet.cli('a', ['serve', '--https=443', 'off'])
    await expect.poll(async () => await codeOf(gateway, 'status'), { timeout: 15_000 }).toBe(code)
    expect(pieces).toEqual(['xopc tailscale serve'])
    expect(await gateway.xopc(['tailscale', 'serve'])).toMatchObject({ code: 0 })
  })

  it('Serve is refused because of the network, until that is closed', async () => {
    const { code, pieces } = rowOfSight('Serve is refused because of the network')
    const gateway = await start({ bind: '0.0.0.0' })
    expect(await codeOf(gateway, 'serve')).toBe(code)
    expect(pieces).toEqual(['xopc lan off'])
    expect(await gateway.xopc(['lan', 'off'])).toMatchObject({ code: 0 })
    expect(await gateway.xopc(['tailscale', 'serve'])).toMatchObject({ code: 0 })
  })

  it('Funnel is refused because of the sign-in, and because nobody agreed', async () => {
    expect(await codeOf(await start(), 'funnel')).toBe(rowOfSight('Funnel is refused because of the sign-in').code)
    const gateway = await start(password)
    const { code, pieces } = rowOfSight('Funnel is refused because nobody agreed')
    expect(await codeOf(gateway, 'funnel')).toBe(code)
    expect(pieces).toEqual(['xopc tailscale funnel --accept-risk'])
    expect(await gateway.xopc(['tailscale', 'funnel', '--accept-risk'])).toMatchObject({ code: 0 })
  })

  it('the tailnet does not allow Funnel, or gives no certificates', async () => {
    await tailnet.admin('set?funnel=0')
    await tailnet.until('a', 'to hear of it', ({ Self: { CapMap = {} } }) => !('funnel' in CapMap))
    expect(await codeOf(await start(password), 'funnel', '--accept-risk')).toBe(rowOfSight('the tailnet does not allow Funnel').code)
    await tailnet.admin('set?https=0')
    await tailnet.until('a', 'to hear of it', ({ CertDomains }) => CertDomains === null)
    expect(await codeOf(await start(), 'serve')).toBe(rowOfSight('the tailnet gives no certificates').code)
  })
})
