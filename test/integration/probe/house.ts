import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { createProbe, type Probe, type ProbeOptions } from '../../../src/lib/probe/probe.ts'
import type { Surroundings } from '../../../src/lib/probe/run.ts'
import type { Signer } from '../../../src/lib/identity/keypair.ts'
import type { Stage, StageName, Verdict } from '../../../src/lib/protocol/http-api.ts'
import { createTestCa, type TestCa } from '../../support/certs.ts'
import { type House, startHouse } from '../control/house.ts'

/** A gateway with a key of its own, and its probe. */
export interface Home extends House {
  probe: Probe
}

/** The name that tests go by; it is on loopback wherever the probe is told so. */
export const NAME = 'gateway.test'

/** What the probe is to believe: names by address, authorities by file. */
export interface World {
  names?: Record<string, readonly string[]>
  lookup?: Surroundings['lookup']
  ca?: TestCa
  now?: () => number
  ways?: Surroundings['ways']
}

/** Starts a gateway whose probe finds `gateway.test` on loopback. */
export async function startHome(gateway: Record<string, unknown> = {}, world: World = {}): Promise<Home> {
  const house = await startHouse(gateway, newSigner())
  return { ...house, probe: createProbe(house.gateway.probes, await surroundings(world)) }
}

/** A key that signs. */
export function newSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  return {
    gatewayId: randomUUID(),
    publicKey: x,
    fingerprint: `SHA256:${x}`,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
  }
}

async function surroundings({ names = {}, lookup, ca, now, ways }: World): Promise<Partial<Surroundings>> {
  const known: Record<string, readonly string[]> = { [NAME]: ['127.0.0.1'], ...names }
  const find = (name: string) => {
    const found = known[name]
    return found === undefined
      ? Promise.reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }))
      : Promise.resolve(found)
  }
  const context = ca === undefined ? undefined : createSecureContext({ ca: await readFile(ca.caFile) })
  return {
    lookup: lookup ?? find,
    ...(context === undefined ? {} : { trust: () => context }),
    ...(now === undefined ? {} : { now }),
    ...(ways === undefined ? {} : { ways }),
  }
}

/** A CA of the file; made once. */
export function caOnce(): () => Promise<TestCa> {
  let made: Promise<TestCa> | null = null
  return () => (made ??= createTestCa())
}

/** Runs a test with a limit of its own, and notes the order in which stages ended. */
export async function look(home: Pick<Home, 'probe'>, url: string, options: Partial<ProbeOptions> = {}): Promise<Verdict> {
  return await home.probe.test(url, { signal: AbortSignal.timeout(25_000), ...options })
}

/** The stage of this name. */
export function stageOf(verdict: Verdict, name: StageName): Stage {
  const found = verdict.stages.find(({ stage }) => stage === name)
  if (found === undefined) throw new Error(`no stage ${name}`)
  return found
}

/** Status by stage. */
export function statuses(verdict: Verdict): Record<string, string> {
  return Object.fromEntries(verdict.stages.map(({ stage, status }) => [stage, status]))
}
