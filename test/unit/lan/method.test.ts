import { describe, expect, it } from 'vitest'
import type { AccessContext, IngressPlace } from '../../../src/lib/access/access-method.ts'
import { authorityOf } from '../../../src/lib/access/lan/addresses.ts'
import { openDoor } from '../../../src/lib/access/lan/door.ts'
import { createLan } from '../../../src/lib/access/lan/method.ts'
import { type Config, defaultConfig } from '../../../src/lib/config/schema.ts'
import { defineErrors } from '../../../src/lib/errors/error.ts'
import { silentLog } from '../../../src/lib/system/log.ts'
import { systemClock } from '../../../src/lib/system/clock.ts'

const doorErrors = defineErrors({ BUSY: { message: 'Port taken on {host}.', http: 409, exit: 1, about: 'A test’s own error.' } })

/** A door that keeps what it was told: hosts it listens on, and what each opening kept or dropped. */
function fakeDoor(busy: readonly string[] = []) {
  const door = { hosts: [] as readonly string[], port: 0, dropped: [] as string[], opened: 0, closed: 0 }
  return {
    door,
    async openIngress(_id: string, where: IngressPlace) {
      if (where.kind !== 'tcp') throw new Error('not a tcp place')
      const taken = where.hosts.find((host) => busy.includes(host))
      if (taken !== undefined) throw doorErrors.BUSY({ host: taken })
      door.dropped.push(...door.hosts.filter((host) => !where.hosts.includes(host)))
      Object.assign(door, { hosts: where.hosts, port: where.port, opened: door.opened + 1 })
      return { authorities: where.hosts.map((host) => authorityOf(host, where.port)).toReversed() }
    },
    async closeIngress() {
      Object.assign(door, { hosts: [], closed: door.closed + 1 })
    },
  }
}

function contextWith(given: ReturnType<typeof fakeDoor>, over: Partial<AccessContext> = {}): AccessContext {
  const unused = new Error('lan has no use for this')
  return {
    config: defaultConfig,
    state: { paths: unused, runDir: '' } as never,
    openIngress: given.openIngress,
    closeIngress: given.closeIngress,
    sign: { gatewayId: '', publicKey: '', sign: () => Promise.reject(unused) } as never,
    supervise: unused as never,
    probe: { health: async () => ({ ok: true, ms: 1 }), test: () => Promise.reject(unused), confirm: () => Promise.reject(unused) },
    clock: systemClock,
    log: silentLog,
    audit: { write: () => undefined },
    version: '0.0.0',
    changed: () => undefined,
    ...over,
  }
}

const three = ['192.168.1.20', '10.8.0.2', 'fd00::20']

describe('the door of lan', () => {
  it('listens on every wanted address, told in the order wanted', async () => {
    const fake = fakeDoor()
    const result = await openDoor(contextWith(fake), { wanted: three, open: [], port: 18790 })
    expect(result).toEqual({
      hosts: three,
      urls: ['http://192.168.1.20:18790', 'http://10.8.0.2:18790', 'http://[fd00::20]:18790'],
      error: null,
    })
  })

  it('opens what goes where one address is busy, and says which is not', async () => {
    const result = await openDoor(contextWith(fakeDoor(['10.8.0.2'])), { wanted: three, open: [], port: 18790 })
    expect(result).toMatchObject({ hosts: ['192.168.1.20', 'fd00::20'], error: { code: 'BUSY', message: 'Port taken on 10.8.0.2.' } })
  })

  it('never closes an open address on the way to another', async () => {
    const fake = fakeDoor(['10.8.0.2'])
    await openDoor(contextWith(fake), { wanted: ['192.168.1.20', 'fd00::20'], open: [], port: 18790 })
    const result = await openDoor(contextWith(fake), { wanted: three, open: ['192.168.1.20', 'fd00::20'], port: 18790 })
    expect(result.hosts).toEqual(['192.168.1.20', 'fd00::20'])
    expect(fake.door.dropped).toEqual([])
  })

  it('says why where nothing goes', async () => {
    const result = await openDoor(contextWith(fakeDoor(three)), { wanted: three, open: [], port: 18790 })
    expect(result).toMatchObject({ hosts: [], urls: [], error: { code: 'BUSY' } })
  })

  it('lets a bug through', async () => {
    const broken = contextWith(fakeDoor(), { openIngress: () => Promise.reject(new TypeError('a bug')) })
    await expect(openDoor(broken, { wanted: three, open: [], port: 1 })).rejects.toThrow(TypeError)
  })
})

describe('lan', () => {
  function withBind(bind: string, mode: Config['gateway']['auth']['mode'] = 'token'): Config {
    const config = defaultConfig()
    return { ...config, gateway: { ...config.gateway, bind, auth: { ...config.gateway.auth, mode } } }
  }
  const signal = AbortSignal.timeout(5000)

  it('waits, with its door closed, for an address that this computer does not have', async () => {
    const fake = fakeDoor()
    const lan = createLan(contextWith(fake, { config: () => withBind('203.0.113.77') }))
    expect(await lan.enable(signal, () => undefined)).toMatchObject({ phase: 'blocked', needs: { code: 'LAN_ADDRESS_NOT_AVAILABLE' } })
    expect(fake.door).toMatchObject({ opened: 0, closed: 1 })
  })

  it('does not open without authentication, and closes what is open', async () => {
    const fake = fakeDoor()
    const lan = createLan(contextWith(fake, { config: () => withBind('lan', 'none') }))
    await expect(lan.enable(signal, () => undefined)).rejects.toMatchObject({ code: 'EXPOSURE_NEEDS_AUTH' })
    expect(fake.door.closed).toBe(1)
  })

  it('is off after disable, twice as once', async () => {
    const lan = createLan(contextWith(fakeDoor()))
    expect([await lan.disable(signal), await lan.disable(signal)]).toEqual([{ phase: 'off' }, { phase: 'off' }])
  })

  it('always has findings, on or off', async () => {
    const lan = createLan(contextWith(fakeDoor()))
    const findings = await lan.diagnose(signal)
    expect(findings.map(({ code }) => code)).toContain('LAN_INTENT')
    expect(findings.map(({ code }) => code)).toContain('LAN_FIREWALL')
  })
})
