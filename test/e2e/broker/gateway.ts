import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto'
import { DEV_SECRET, type Registration, type RegistrationFacts, registrationMessage } from '../../../src/lib/protocol/broker-api.ts'

/** A gateway's side of the protocol, by hand. */
export interface TestGateway {
  readonly publicKey: string
  readonly gatewayId: string
  /** A signed registration; `facts` are signed, `after` is changed afterwards. */
  body(facts?: Partial<RegistrationFacts>, after?: Record<string, unknown>): Record<string, unknown>
  register(facts?: Partial<RegistrationFacts>, how?: { secret?: string; after?: Record<string, unknown> }): Promise<Answer<Registration>>
  beat(lease: Tunnel, instance?: string): Promise<Answer<{ expiresAt: number; otherInstanceAt?: number }>>
  release(lease: Tunnel): Promise<Answer<{ released: boolean }>>
}

type Tunnel = Pick<Registration, 'tunnelId' | 'tunnelToken'>

/** What the broker said. */
export interface Answer<Body> {
  status: number
  body: Body & { code?: string; error?: string }
  headers: Headers
}

/** Whose key it has, which secret it shows, and what time it is there. */
interface GatewayOptions {
  keys?: { privateKey: KeyObject; publicKey: KeyObject }
  secret?: string
  now?: () => number
}

/** Makes a gateway with a key of its own. */
export function testGateway(brokerUrl: string, options: GatewayOptions = {}): TestGateway {
  const { keys = generateKeyPairSync('ed25519'), secret: own = DEV_SECRET, now = Date.now } = options
  const publicKey = String(keys.publicKey.export({ format: 'jwk' }).x)
  const gatewayId = randomUUID()
  const body: TestGateway['body'] = (given = {}, after = {}) => {
    const facts: RegistrationFacts = {
      audience: brokerUrl,
      gatewayId,
      publicKey,
      platform: 'linux-x64',
      gatewayVersion: '0.1.0',
      nonce: randomBytes(24).toString('base64url'),
      expiresAt: now() + 120_000,
      ...given,
    }
    const signature = sign(null, Buffer.from(registrationMessage(facts)), keys.privateKey).toString('base64url')
    const { audience: _, ...sent } = facts
    return { version: 2, ...sent, signature, ...after }
  }
  const tunnel = ({ tunnelId }: Tunnel) => `${brokerUrl}/tunnels/${tunnelId}`
  return {
    publicKey,
    gatewayId,
    body,
    register: (facts, { secret = own, after } = {}) =>
      ask(`${brokerUrl}/tunnels/register`, {
        method: 'POST',
        headers: { 'x-registration-secret': secret },
        body: JSON.stringify(body(facts, after)),
      }),
    beat: (lease, instance) =>
      ask(`${tunnel(lease)}/heartbeat`, {
        method: 'POST',
        headers: { 'x-tunnel-token': lease.tunnelToken, ...(instance !== undefined && { 'x-gateway-instance': instance }) },
      }),
    release: (lease) => ask(tunnel(lease), { method: 'DELETE', headers: { 'x-tunnel-token': lease.tunnelToken } }),
  }
}

/** One request to the API. */
export async function ask<Body>(url: string, init: RequestInit = {}): Promise<Answer<Body>> {
  const reply = await fetch(url, { signal: AbortSignal.timeout(10_000), ...init })
  return { status: reply.status, body: (await reply.json()) as Answer<Body>['body'], headers: reply.headers }
}
