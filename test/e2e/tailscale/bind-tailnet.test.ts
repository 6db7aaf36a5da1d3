import { expect, it } from 'vitest'
import type { Overview } from '../../../src/lib/protocol/http-api.ts'
import { startGateway } from '../../support/gateway.ts'
import { otherComputer } from '../../support/netns.ts'
import { needsPeer } from '../../support/peers.ts'
import { run } from '../../support/run.ts'

// No Tailscale here: what counts is an address of 100.64/10 on a network card of this computer, as Tailscale gives it one.
needsPeer('netns', 'gateway.bind tailnet', (ip) => {
  it('waits for an address of the tailnet, and listens there as soon as there is one, for the devices of the tailnet, and nowhere else', async () => {
    const gateway = await startGateway({ config: { gateway: { bind: 'tailnet' } } })
    const lan = async () => {
      // `as`: what the command promises; the assertions look at the rest.
      const { methods } = JSON.parse((await gateway.xopc(['status', '--json'])).stdout) as Pick<Overview, 'methods'>
      return methods.find(({ id }) => id === 'lan')
    }
    expect(await lan()).toMatchObject({
      intended: true,
      audience: 'tailnet',
      state: { phase: 'blocked', needs: { code: 'LAN_NO_ADDRESS' } },
    })
    const device = await otherComputer(ip)
    const [here, there] = ['100.101.7.1', '100.101.7.2']
    await run([ip, 'addr', 'add', `${here}/24`, 'dev', device.hostInterface])
    const inside = (await device.run([ip, '-o', 'link'])).stdout.match(/(xc\w+)@/)?.[1] ?? ''
    await device.run([ip, 'addr', 'add', `${there}/24`, 'dev', inside])
    await expect.poll(async () => (await lan())?.state.phase, { timeout: 10_000 }).toBe('on')
    const visit = async (host: string) =>
      (await device.run(['curl', '-s', '-m', '5', '-o', '/dev/null', '-w', '%{http_code}', `http://${host}:${gateway.port}/health`])).stdout
    expect([await visit(here), await visit(device.hostAddress)]).toEqual(['200', '000'])
    const state = (await lan())?.state
    const urls = state !== undefined && 'urls' in state ? state.urls : []
    expect(urls).toContain(`http://${here}:${gateway.port}`)
    expect(urls.filter((url) => !new URL(url).hostname.startsWith('100.'))).toEqual([])
    // A device there is a stranger like any other.
    const status = (await device.run(['curl', '-s', '-m', '5', `http://${here}:${gateway.port}/api/status`])).stdout
    expect(JSON.parse(status)).toMatchObject({ code: 'missing_token' })
  })
})
