import { beforeAll, expect, it } from 'vitest'
import type { Overview } from '../../../src/lib/protocol/http-api.ts'
import { createTestCa } from '../../support/certs.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { type ProxyProgram, startNginx } from '../../support/proxy-programs.ts'
import { verdictOf } from '../../support/verdict.ts'
import { expectWorks, NAME, nginxSite } from './house.ts'

// “On” means that traffic arrives: what is said of a person’s own proxy while it runs, ends and comes back.

/** `status` must have noticed by then. */
const noticed = { timeout: 30_000, interval: 500 }

function proxyIn(text: string) {
  // `as`: what the gateway and `status --json` say of everything.
  const overview = JSON.parse(text) as Overview
  return overview.methods.find(({ id }) => id === 'proxy')?.state
}

needsPeer(['own-hosts', 'nginx'], 'a proxy of one’s own that is set', (_, nginx) => {
  let gateway: RunningGateway
  let proxy: ProxyProgram
  let url: string
  beforeAll(async () => {
    const ca = await createTestCa()
    gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: ca.env })
    const port = await freePort()
    url = `https://${NAME}:${port}`
    proxy = await startNginx(nginx, { config: nginxSite({ port, certificate: await ca.leaf([NAME]), to: gateway.port }), port })
  })

  const stateNow = async () => {
    const ran = await gateway.xopc(['status', '--json'])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return proxyIn(ran.stdout)
  }
  /** Asked of the gateway itself, which is cheaper than starting a program each time. */
  const phase = async () => proxyIn(await (await gateway.fetch('/xopc/api/overview')).text())?.phase

  it('is on, and verified from here', async () => {
    const set = await gateway.xopc(['proxy', 'set', url, '--json'])
    expect(set, set.stderr).toMatchObject({ code: 0 })
    const state = await stateNow()
    expect(state).toMatchObject({ phase: 'on', urls: [url], verified: { vantage: 'self', verdict: { ok: true, url } } })
    const verified = state?.phase === 'on' ? state.verified : null
    expect(verified?.ms).toBe(verified?.verdict.ms)
    expect(Date.now() - Date.parse(verified?.at ?? '')).toBeLessThan(30_000)
  })

  it('is degraded within 30 s after the proxy ended, with the cause, and verified again when it is back', async () => {
    await proxy.stop()
    await expect.poll(phase, noticed).toBe('degraded')
    const error = { code: 'DNS_OR_CONN_REFUSED', message: expect.stringContaining('Nothing listens at 127.0.0.1') as unknown }
    expect(await stateNow()).toMatchObject({ phase: 'degraded', urls: [url], error })
    const check = await gateway.xopc(['status', '--check'])
    expect(check.code).toBe(1)
    expect(check.stdout).toContain('Nothing listens at 127.0.0.1')
    await proxy.restart()
    await expect.poll(phase, noticed).toBe('on')
    expect(await stateNow()).toMatchObject({ phase: 'on', verified: { vantage: 'self', verdict: { ok: true } } })
    expect((await gateway.xopc(['status', '--check'])).code).toBe(0)
  })

  it('is off once it is cleared, and the proxy serves on', async () => {
    const clear = await gateway.xopc(['proxy', 'clear', '--json'])
    expect(clear, clear.stderr).toMatchObject({ code: 0 })
    expect(await stateNow()).toEqual({ phase: 'off' })
    expectWorks(await verdictOf(gateway, url))
  })
})
