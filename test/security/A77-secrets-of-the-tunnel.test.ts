import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BrokerDiscovery, Registration } from '../../src/lib/protocol/broker-api.ts'
import { askControl, startTunnel, tunnelOf, tunnelPeers, untilView, viewOf } from '../e2e/tunnel/house.ts'
import { startFrps } from '../support/frp.ts'
import { needsPeer } from '../support/peers.ts'
import { type Lie, type LyingBroker, questions, startLyingBroker } from './tunnel-lies.ts'
import { closedTunnelHouse, type ClosedTunnelHouse, logsOf } from './tunnels.ts'

// Three secrets hold a tunnel: that by which one may register, that of the lease, and that of its frpc. Arguments can be read by every user of the
// computer, logs by whoever gets a support bundle, replies by whoever may read; and a broker may say back what it was told.

const registration = 'sEcReT-of-a-broker-0123456789'

needsPeer(tunnelPeers, 'the secrets of the tunnel', (frps, frpc) => {
  let house: ClosedTunnelHouse
  let lying: LyingBroker
  const secrets = new Set([registration])
  beforeAll(async () => {
    const { broker } = await closedTunnelHouse({ programs: [frps, frpc] })
    lying = await startLyingBroker(broker.url, { secret: registration })
    const env = { XOPC_LOG_LEVEL: 'debug' }
    house = await closedTunnelHouse({
      programs: [frps, frpc],
      broker,
      brokerUrl: lying.url,
      env,
      tunnel: { registrationSecret: registration },
    })
  }, 60_000)
  /** Every secret that a lease brings is one that must not be seen from then on. */
  const noting: Lie = (truth) => {
    // `as`: what the real broker answered.
    const { tunnelToken, frpc: given } = truth.body as Partial<Registration>
    for (const secret of [tunnelToken, given?.authToken]) if (secret !== undefined) secrets.add(secret)
    return truth
  }
  beforeEach(() => {
    for (const question of Object.values(questions)) lying.lie(question, null)
    lying.lie(questions.register, noting)
  })

  const leaks = (text: string): string[] => [...secrets].filter((secret) => text.includes(secret))
  const filesWith = (secret: string): string[] =>
    readdirSync(house.gateway.stateDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name), 'utf8').includes(secret))
      .map(({ name }) => name)

  it(
    'are in the arguments and the environment of no process, while the tunnel is opened and while it is open',
    { timeout: 60_000 },
    async () => {
      const watched = watchProcesses(leaks)
      await startTunnel(house.gateway)
      expect(secrets.size).toBe(3)
      await sleep(200)
      expect(await watched.end()).toEqual([])
      const { frpcPid } = await tunnelOf(house.gateway)
      expect(readFileSync(`/proc/${frpcPid}/cmdline`, 'utf8')).toContain('frpc.toml')
      expect(readFileSync(`/proc/${frpcPid}/environ`, 'utf8')).not.toContain('XOPC_')
    },
  )

  it('stand each in one file that is the owner’s alone', async () => {
    const [secret = '', tunnelToken = '', authToken = ''] = secrets
    expect([filesWith(secret), filesWith(tunnelToken), filesWith(authToken)]).toEqual([['xopc.json'], ['tunnel.json'], ['frpc.toml']])
    for (const name of ['xopc.json', 'tunnel.json', 'run/frpc.toml', 'logs/gateway.log', 'logs/audit.log'])
      expect((statSync(join(house.gateway.stateDir, name)).mode & 0o777).toString(8), name).toBe('600')
    expect((statSync(join(house.gateway.stateDir, 'run')).mode & 0o777).toString(8)).toBe('700')
  })

  it('are in no reply', { timeout: 40_000 }, async () => {
    for (const path of [
      'status',
      'overview',
      'config',
      'tunnel/status',
      'tunnel/qr',
      'tunnel/pair/ping',
      'access/tunnel/diagnose',
      'audit',
      'logs',
      'probe/request',
      'openapi.json',
    ]) {
      const { json } = await askControl(house.gateway, `/${path}`)
      expect(leaks(JSON.stringify(json)), path).toEqual([])
    }
    for (const path of ['tunnel/start', 'tunnel/prefetch', 'access/tunnel/test'])
      expect(leaks(JSON.stringify((await askControl(house.gateway, `/${path}`, 'POST', {})).json)), path).toEqual([])
    expect(leaks(await (await house.gateway.fetch('/xopc/metrics')).text())).toEqual([])
  })

  it('are printed by no command', { timeout: 60_000 }, async () => {
    for (const args of [
      ['tunnel', 'status'],
      ['tunnel', 'status', '--json'],
      ['tunnel', 'start', '--json'],
      ['tunnel', 'start', '--dry-run', '--json'],
      ['tunnel', 'prefetch', '--json'],
      ['status', '--json'],
      ['config', 'get', '--json'],
      ['config', 'validate', '--json'],
      ['gateway', 'logs', '--lines', '500'],
    ]) {
      const ran = await house.gateway.xopc(args)
      expect(leaks(ran.stdout + ran.stderr), args.join(' ')).toEqual([])
    }
  })

  it('are not logged', async () => {
    expect(leaks((await logsOf(house)) + house.gateway.output())).toEqual([])
  })

  describe('a broker that says back what it was told', () => {
    /** Everything, in one sentence that a gateway would show. */
    const quoting =
      (status: number, more: () => Iterable<string> = () => secrets): Lie =>
      (truth, { headers, body }) => {
        noting(truth, { line: '', headers, body })
        const told = [headers['x-registration-secret'], headers['x-tunnel-token'], body].filter(Boolean).join(' ')
        const error = `no ${told} ${[...more()].join(' ')}`.slice(0, 2000)
        return { status, body: { error, code: 'UNKNOWN', hint: error, message: error } }
      }
    async function isSilent(output = ''): Promise<void> {
      const replies = await Promise.all(
        ['tunnel/status', 'overview', 'access/tunnel/diagnose'].map((path) => askControl(house.gateway, `/${path}`)),
      )
      expect(leaks(JSON.stringify(replies) + output)).toEqual([])
      expect(leaks((await logsOf(house)) + house.gateway.output())).toEqual([])
    }

    it.each([400, 401, 403, 404, 409, 429, 500, 503])('%i to a registration', { timeout: 30_000 }, async (status) => {
      await askControl(house.gateway, '/tunnel/stop', 'POST', {})
      lying.lie(questions.register, quoting(status))
      const ran = await house.gateway.xopc(['tunnel', 'start'], { timeoutMs: 25_000 })
      expect(ran.code).toBe(1)
      await isSilent(ran.stdout + ran.stderr)
    })

    it.each([401, 403])('%i to a heartbeat', { timeout: 40_000 }, async (status) => {
      await askControl(house.gateway, '/tunnel/stop', 'POST', {})
      await startTunnel(house.gateway)
      lying.lie(questions.heartbeat, quoting(status))
      await untilView(house.gateway, { state: { phase: 'blocked', needs: { code: 'TUNNEL_AUTH_REVOKED' } } }, 30_000)
      await isSilent()
    })

    it('500 to giving the name back', { timeout: 30_000 }, async () => {
      await startTunnel(house.gateway)
      lying.lie(
        questions.release,
        quoting(500, () => []),
      )
      const ran = await house.gateway.xopc(['tunnel', 'stop', '--release', '--yes'])
      expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('TUNNEL_NOT_RELEASED')])
      await isSilent(ran.stdout + ran.stderr)
    })

    it('by its frp server, when it sends frpc away', { timeout: 40_000 }, async () => {
      await askControl(house.gateway, '/tunnel/stop', 'POST', {})
      const server = await startFrps(frps, { plugin: (op) => (op === 'Login' ? `no ${[...secrets].join(' ')}` : null) })
      lying.lie(questions.discovery, ({ status, body }) => {
        // `as`: what the real broker says of itself.
        const { caPem: _, ...found } = body as BrokerDiscovery
        const frp = { ...found.frp, serverPort: server.port }
        return { status, body: { ...found, frp, transport: { ...found.transport, tls: false } } }
      })
      lying.lie(questions.register, (truth, asked) => {
        const { status, body } = noting(truth, asked)
        const lease = body as Registration
        // Tokens of other brokers have no form by which they would be known.
        const authToken = 'tok-of-another-broker-0123456789'
        secrets.add(authToken)
        return { status, body: { ...lease, frpc: { ...lease.frpc, authToken, serverPort: server.port } } }
      })
      await askControl(house.gateway, '/tunnel/start', 'POST', {})
      await expect.poll(house.gateway.log, { timeout: 15_000 }).toContain('frpc: login-refused')
      // Long enough for it to be started again, and given up.
      await sleep(6000)
      expect(server.asked.length).toBeGreaterThan(0)
      await isSilent(JSON.stringify(await viewOf(house.gateway)))
      await askControl(house.gateway, '/tunnel/stop', 'POST', {})
    })
  })
})

/** Arguments and environments of every process of this computer, again and again until told to end; what was found there. */
function watchProcesses(leaks: (text: string) => string[]): { end(): Promise<string[]> } {
  const found = new Set<string>()
  let [looking, looks] = [true, 0]
  const looked = (async () => {
    for (; looking; looks++) {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        for (const file of ['cmdline', 'environ']) {
          const words = textOf(`/proc/${pid}/${file}`)
          if (leaks(words).length > 0) found.add(`${file} of ${textOf(`/proc/${pid}/cmdline`)}`)
        }
      }
      await sleep(20)
    }
  })()
  return {
    async end() {
      looking = false
      await looked
      expect(looks).toBeGreaterThan(10)
      return [...found]
    },
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', ' ')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}
