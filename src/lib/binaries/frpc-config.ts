import { stringify } from 'smol-toml'
import { leaseGrammar } from '../protocol/broker-api.ts'
import { frpcErrors } from './frpc/errors.ts'

/** What one frpc is to do: lead one public name to one socket. */
export interface FrpcFacts {
  serverAddr: string
  serverPort: number
  /** The lease's `frpc.authToken`. */
  token: string
  proxyName: string
  subdomain: string
  /** The socket of the gateway that visitors are led to; an absolute path. */
  unixPath: string
  /**
   * A PEM file (absolute path) with the authorities that are believed, and the name that the certificate must have, where that is not `serverAddr`.
   * Null is no TLS at all, and taken for a server on this computer only.
   */
  tls: { caFile: string; serverName?: string } | null
  /** Let it say why a connection ends that it calls "session shutdown" otherwise: lines for every visitor, which cost about a tenth of what goes through. */
  verbose?: boolean
}

/** Seconds. Without pings of frpc's own the loss of the server is noticed only after the 30 s of the multiplexer, and a broker could throw nobody out. */
const HEARTBEAT = { interval: 5, timeout: 15 } as const

/**
 * Connections that wait for visitors; frps keeps 5 at most. A page that asks for six things at once over a line of 50 ms had them after 60 ms, with one
 * that waits after 115 (decision 021).
 */
const POOL = 5

/**
 * The text of frpc.toml; it holds the token, so the file is 0600. What is not of the grammar of a lease is refused. Throws `FRPC_CONFIG_INVALID`.
 * Pure.
 */
export function frpcConfig(facts: FrpcFacts): string {
  judge(facts)
  const { serverAddr, serverPort, token, proxyName, subdomain, unixPath, tls, verbose = false } = facts
  const text = stringify({
    serverAddr,
    serverPort,
    // Who keeps it running waits, and tells a refusal from a server that is down; frpc itself would ask again for ever.
    loginFailExit: true,
    // Not `auth.token`: frps compares that with one of its own, and the broker's plugin reads this one.
    metadatas: { token },
    // At the lower level four of five certificates that are not believed show as "session shutdown": only the multiplexer says why. Nothing of what goes
    // through is among the lines (measured with 0.71.0).
    log: { to: 'console', level: verbose ? 'trace' : 'info', disablePrintColor: true },
    transport: {
      protocol: 'tcp',
      tcpMux: true,
      poolCount: POOL,
      heartbeatInterval: HEARTBEAT.interval,
      heartbeatTimeout: HEARTBEAT.timeout,
      tls: tlsTable(tls, serverAddr),
    },
    proxies: [{ name: proxyName, type: 'http', subdomain, plugin: { type: 'unix_domain_socket', unixPath } }],
  })
  // frpc runs its file through Go's text/template, environment at hand, before it reads TOML. All braces are in strings here (attack A71).
  return text.replaceAll('{', String.raw`\u007B`)
}

/** What frpc is started with; nothing of the lease is among it. Pure. */
export function frpcArgs(configPath: string): string[] {
  return ['-c', configPath]
}

/** Without `trustedCaFile` frpc would believe any certificate (attack A72). */
function tlsTable(tls: FrpcFacts['tls'], serverAddr: string) {
  if (tls === null) return { enable: false }
  return { enable: true, disableCustomTLSFirstByte: true, serverName: tls.serverName ?? serverAddr, trustedCaFile: tls.caFile }
}

function judge({ serverAddr, serverPort, token, proxyName, subdomain, unixPath, tls }: FrpcFacts): void {
  const rows: [string, boolean][] = [
    ['address of the frp server', leaseGrammar.host.test(serverAddr)],
    ['port of the frp server', Number.isInteger(serverPort) && serverPort >= 1 && serverPort <= 65_535],
    ['token', leaseGrammar.token.test(token)],
    ['proxy name', leaseGrammar.id.test(proxyName)],
    ['subdomain', leaseGrammar.subdomain.test(subdomain)],
    ['path of a socket', isPath(unixPath)],
    ['path of authorities', tls === null || isPath(tls.caFile)],
    ['name for the certificate', tls?.serverName === undefined || leaseGrammar.host.test(tls.serverName)],
    // Anybody on the way could read the token.
    ['frp server without TLS that is not on this computer', tls !== null || isOnThisComputer(serverAddr)],
  ]
  const wrong = rows.find(([, holds]) => !holds)
  if (wrong !== undefined) throw frpcErrors.FRPC_CONFIG_INVALID({ what: wrong[0] })
}

/** The serializer would mend a lone surrogate, and the path would be another; the system ends paths at a zero. */
function isPath(path: string): boolean {
  return path.startsWith('/') && path.isWellFormed() && !path.includes('\0')
}

function isOnThisComputer(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
