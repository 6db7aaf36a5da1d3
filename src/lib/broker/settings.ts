import type { Rule } from './limits.ts'

/** Limits of a broker. */
export interface BrokerLimits {
  registrationsOfAddress: Rule
  registrationsOfKey: Rule
  /** Wrong secrets and tokens; past that, more of them are answered 429. A right one always passes. */
  failuresOfAddress: Rule
  probesOfTunnel: Rule
}

/** How a broker runs; everything that differs between a public host and `--dev`. */
export interface BrokerSettings {
  /** Where the API listens. 0: a free port. */
  api: { host: string; port: number }
  /** Base of the API, as gateways dial it, from what listens and what the caller has in `Host`. */
  brokerUrl(port: number, host: string | undefined): string
  /** Other names of the API under which a registration may be signed. */
  audiences(port: number): string[]
  /** Where gateways' frpc find frps. */
  frp: { serverAddr: string; serverPort: number }
  subdomainHost: string
  publicScheme: 'http' | 'https'
  /** Origin of a name. */
  publicUrl(subdomain: string): string
  /** The same with `<name>` in it, for people. */
  publicUrlPattern: string
  heartbeatIntervalMs: number
  /** The certificate of frps, where no public authority signed it. */
  caPem: string | null
  limits: BrokerLimits
}

const MINUTE = 60_000

/** Limits of a public host. */
export const publicLimits: BrokerLimits = {
  registrationsOfAddress: { max: 20, windowMs: 10 * MINUTE },
  registrationsOfKey: { max: 60, windowMs: 10 * MINUTE },
  failuresOfAddress: { max: 10, windowMs: 5 * MINUTE },
  probesOfTunnel: { max: 30, windowMs: MINUTE },
}
