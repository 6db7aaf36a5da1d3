import { z } from 'zod'
import { type BrokerDiscovery, heartbeatBounds, type HeartbeatReply, leaseGrammar, type Registration } from '../../protocol/broker-api.ts'
import { reachOf } from '../../protocol/reach.ts'
import { strange } from './ask.ts'

const host = z.string().regex(leaseGrammar.host)
const port = z.int().min(1).max(65_535)
const interval = z.int().min(heartbeatBounds.least).max(heartbeatBounds.most)
const id = z.string().regex(leaseGrammar.id)
const token = z.string().regex(leaseGrammar.token)
const subdomain = z.string().regex(leaseGrammar.subdomain)
const url = z.string().max(300).refine(URL.canParse)
// Certificates and nothing else: it is written to a file that frpc reads.
const pem = z
  .string()
  .max(32_768)
  .regex(/^(?:-----BEGIN CERTIFICATE-----\r?\n(?:[A-Za-z0-9+/=]{1,76}\r?\n)+-----END CERTIFICATE-----\s*)+$/)
/** Brokers write it as milliseconds or as ISO 8601. */
const time = z.union([z.int().positive(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])

const discovery = z.object({
  brokerUrl: url,
  frp: z.object({ serverAddr: host, serverPort: port, subdomainHost: host }),
  frpcVersion: z.string().max(40),
  heartbeatIntervalMs: interval,
  transport: z.object({ tls: z.boolean(), publicScheme: z.enum(['http', 'https']) }),
  caPem: pem.optional(),
})

const registration = z.object({
  tunnelId: id,
  tunnelToken: token,
  subdomain,
  publicUrl: url,
  frpc: z.object({ serverAddr: host, serverPort: port, authToken: token, proxyName: id, subdomain }),
  expiresAt: time,
  heartbeatIntervalMs: interval,
})

const heartbeat = z.object({ expiresAt: time, otherInstanceAt: z.int().positive().optional() })

/**
 * What a broker says of itself, judged: it may send nobody elsewhere. Plain connections and addresses inside a network are for brokers that are there
 * themselves. Throws `TUNNEL_BROKER_STRANGE`.
 */
export function discoveryIn(json: unknown, broker: string): BrokerDiscovery {
  const found = read(discovery, json, broker, 'its description')
  const base = new URL(found.brokerUrl)
  if (base.origin !== new URL(broker).origin) throw strange(broker, 'it names another origin as its own')
  if (base.search + base.hash + base.username + base.password !== '') throw strange(broker, 'the address of its API has more than a path')
  if (!isNear(broker)) {
    if (!found.transport.tls) throw strange(broker, 'it wants a connection without TLS')
    if (found.transport.publicScheme !== 'https') throw strange(broker, 'its public addresses have no https')
    if (reachOf(found.frp.serverAddr) !== 'public') throw strange(broker, 'its server would be inside of this network')
  }
  const { caPem, ...rest } = found
  return { ...rest, brokerUrl: found.brokerUrl.replace(/\/+$/, ''), ...(caPem === undefined ? {} : { caPem }) }
}

/** A lease, judged by what the same broker said of itself. Throws `TUNNEL_BROKER_STRANGE`. */
export function registrationIn(json: unknown, { brokerUrl, frp, transport }: BrokerDiscovery): Registration {
  const broker = new URL(brokerUrl).origin
  const lease = read(registration, json, broker, 'the lease')
  const { origin, hostname: name, protocol } = new URL(lease.publicUrl)
  if (origin !== lease.publicUrl || protocol !== `${transport.publicScheme}:`)
    throw strange(broker, 'the public address of the lease is none')
  if (name !== `${lease.subdomain}.${frp.subdomainHost.toLowerCase()}` || lease.frpc.subdomain !== lease.subdomain)
    throw strange(broker, 'the public address of the lease is not that of its name')
  const { serverAddr, serverPort } = lease.frpc
  if (serverAddr !== frp.serverAddr || serverPort !== frp.serverPort) throw strange(broker, 'the lease leads to another server than it has')
  return lease
}

/** The answer to a heartbeat. Throws `TUNNEL_BROKER_STRANGE`. */
export function heartbeatIn(json: unknown, broker: string): HeartbeatReply {
  const { expiresAt, otherInstanceAt } = read(heartbeat, json, broker, 'the answer to a heartbeat')
  return { expiresAt, ...(otherInstanceAt === undefined ? {} : { otherInstanceAt }) }
}

/** A broker on this computer or in its own network. */
function isNear(broker: string): boolean {
  return reachOf(new URL(broker).hostname) !== 'public'
}

function read<Output>(schema: z.ZodType<Output>, json: unknown, broker: string, what: string): Output {
  const { success, data, error } = schema.safeParse(json)
  if (success) return data
  // The value itself is the broker's, and may be anything; where it is wrong is ours to say.
  throw strange(broker, `${what} is wrong at ${error.issues[0]?.path.join('.') || 'its top'}`)
}
