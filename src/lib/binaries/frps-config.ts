import { isRecord } from '../protocol/fields.ts'
import { binaryErrors } from './errors.ts'

/** What a broker decides about its frps; all ports but that of gateways are of loopback. */
export interface FrpsSettings {
  /** Where gateways' frpc come. */
  bindAddr: string
  bindPort: number
  vhostPort: number
  /** `frp.example.com`: names are put before it. */
  subdomainHost: string
  certFile: string
  keyFile: string
  /** A gateway whose pings were refused, or did not come, for so long is closed by frps itself. Seconds. */
  heartbeatTimeout: number
  /** Where frps asks us about everything that a gateway wants. */
  plugin: { port: number; path: string }
  /** Where we ask frps who still has connections. */
  web: { port: number; user: string; password: string }
}

/** What frps has to ask us about; without one of them anybody could take any name. */
const NEEDED_OPS = ['Login', 'NewProxy', 'CloseProxy', 'Ping'] as const
const LOOPBACK = ['127.0.0.1', '::1', 'localhost']
/** Doors of frps that lead past the plugin, or to where nobody looks. */
const OTHER_DOORS = ['kcpBindPort', 'quicBindPort', 'vhostHTTPSPort', 'tcpmuxHTTPConnectPort', 'sshTunnelGateway']
/** Somebody who guessed it could ask the plugin; frps alone knows it. */
const SECRET_PATH = /^\/[\w-]{32,128}$/
/** The same of the web server of frps, which tells the names of all tunnels. */
const SECRET_WORD = /^[\w-]{32,128}$/
/** Shorter, and a slow line loses its tunnel; longer, and who was thrown out is still there after half a minute. */
const HEARTBEAT = { least: 10, most: 30 } as const

/** The text of `frps.toml` for a broker. Pure. */
export function frpsToml(settings: FrpsSettings): string {
  const { bindAddr, bindPort, vhostPort, subdomainHost, certFile, keyFile, heartbeatTimeout, plugin, web } = settings
  return `# frps of xopc broker. Ports, paths and passwords may be changed; the broker reads this file at its start and refuses one that is not safe.

# Gateways come here.${bindAddr === '0.0.0.0' ? ' 0.0.0.0 is every address, those of IPv6 too.' : ''}
bindAddr = ${quoted(bindAddr)}
bindPort = ${bindPort}

# Visitors come by the web server in front.
proxyBindAddr = "127.0.0.1"
vhostHTTPPort = ${vhostPort}
subDomainHost = ${quoted(subdomainHost)}

log.to = "console"
log.level = "info"
log.disablePrintColor = true

transport.tls.force = true
transport.tls.certFile = ${quoted(certFile)}
transport.tls.keyFile = ${quoted(keyFile)}
# Seconds, ${HEARTBEAT.least} to ${HEARTBEAT.most}. The broker refuses the pings of whoever was thrown out, and after so long frps closes what is left of them.
# An frpc of one's own has to send pings: transport.heartbeatInterval = 5
transport.heartbeatTimeout = ${heartbeatTimeout}

# Here the broker asks who still has connections.
webServer.addr = "127.0.0.1"
webServer.port = ${web.port}
webServer.user = ${quoted(web.user)}
webServer.password = ${quoted(web.password)}

# There is no auth.token: the broker decides who may come, and which name is whose.
[[httpPlugins]]
name = "xopc-broker"
addr = "127.0.0.1:${plugin.port}"
path = ${quoted(plugin.path)}
ops = [${NEEDED_OPS.map(quoted).join(', ')}]
`
}

/** A TOML string; a JSON string is one. */
function quoted(text: string): string {
  return JSON.stringify(text)
}

/** What a broker needs to know of a `frps.toml` that a person may have changed. Throws `FRPS_CONFIG_BROKEN`, and `FRPS_CONFIG_UNSAFE` where something that keeps gateways apart is missing. */
export async function frpsSettingsIn(text: string, path: string): Promise<FrpsSettings> {
  const { parse } = await import('smol-toml')
  // frp fills in templates before it reads; then it would read something else than we do.
  if (text.includes('{{')) throw binaryErrors.FRPS_CONFIG_UNSAFE({ path, problem: 'it has a template ({{…}}) in it' })
  const tree = parsed(parse, text, path)
  const problem = problemIn(tree)
  if (problem !== null) throw binaryErrors.FRPS_CONFIG_UNSAFE({ path, problem })
  const [plugin] = pluginsIn(tree)
  const [, port = ''] = /:(\d+)$/.exec(String(plugin?.['addr'])) ?? []
  return {
    bindAddr: String(tree['bindAddr']),
    bindPort: Number(tree['bindPort']),
    vhostPort: Number(tree['vhostHTTPPort']),
    subdomainHost: String(tree['subDomainHost']),
    certFile: String(at(tree, 'transport.tls.certFile')),
    keyFile: String(at(tree, 'transport.tls.keyFile')),
    heartbeatTimeout: Number(at(tree, 'transport.heartbeatTimeout')),
    plugin: { port: Number(port), path: String(plugin?.['path']) },
    web: {
      port: Number(at(tree, 'webServer.port')),
      user: String(at(tree, 'webServer.user')),
      password: String(at(tree, 'webServer.password')),
    },
  }
}

function parsed(parse: (text: string) => Record<string, unknown>, text: string, path: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw binaryErrors.FRPS_CONFIG_BROKEN({ path, reason }, { cause: error })
  }
}

/** What is not safe in it, in words for a sentence that names the file; null where nothing is. */
function problemIn(tree: Record<string, unknown>): string | null {
  if (typeof tree['bindAddr'] !== 'string') return 'bindAddr is missing'
  if (!LOOPBACK.includes(String(tree['proxyBindAddr']))) return 'proxyBindAddr is not 127.0.0.1, so that visitors could come without https'
  for (const key of ['bindPort', 'vhostHTTPPort']) if (!isPort(tree[key])) return `${key} is no port`
  if (typeof tree['subDomainHost'] !== 'string' || tree['subDomainHost'] === '') return 'subDomainHost is missing'
  if (at(tree, 'transport.tls.force') !== true) return 'transport.tls.force is not true, so that tokens could travel in the open'
  for (const key of ['certFile', 'keyFile'])
    if (typeof at(tree, `transport.tls.${key}`) !== 'string') return `transport.tls.${key} is missing`
  if (at(tree, 'transport.tcpMux') === false) return 'transport.tcpMux is false, so that one gateway has many links'
  const door = OTHER_DOORS.find((key) => tree[key] !== undefined && tree[key] !== 0)
  if (door !== undefined) return `${door} opens a way that the broker does not watch`
  const seconds = at(tree, 'transport.heartbeatTimeout')
  if (typeof seconds !== 'number' || seconds < HEARTBEAT.least || seconds > HEARTBEAT.most)
    return `transport.heartbeatTimeout is not from ${HEARTBEAT.least} to ${HEARTBEAT.most} seconds`
  return webProblem(tree) ?? pluginProblem(pluginsIn(tree))
}

function webProblem(tree: Record<string, unknown>): string | null {
  if (at(tree, 'webServer.addr') !== '127.0.0.1') return 'webServer.addr is not 127.0.0.1'
  if (!isPort(at(tree, 'webServer.port'))) return 'webServer.port is no port'
  if (at(tree, 'webServer.tls') !== undefined) return 'webServer.tls is set, by which the broker does not ask'
  const weak = ['user', 'password'].find((key) => !SECRET_WORD.test(String(at(tree, `webServer.${key}`))))
  return weak === undefined ? null : `webServer.${weak} is not 32 random characters or more`
}

function pluginProblem(plugins: readonly Record<string, unknown>[]): string | null {
  const [plugin] = plugins
  if (plugin === undefined || plugins.length !== 1) return 'it must have exactly one [[httpPlugins]], that of the broker'
  if (!/^(?:http:\/\/)?127\.0\.0\.1:\d{1,5}$/.test(String(plugin['addr']))) return 'the addr of the plugin is not 127.0.0.1 and a port'
  if (!SECRET_PATH.test(String(plugin['path']))) return 'the path of the plugin is not / and 32 random characters or more'
  const ops: unknown[] = Array.isArray(plugin['ops']) ? plugin['ops'] : []
  const missing = NEEDED_OPS.find((op) => !ops.includes(op))
  return missing === undefined ? null : `the plugin is not asked about ${missing} (ops)`
}

function pluginsIn(tree: Record<string, unknown>): Record<string, unknown>[] {
  const list: unknown = tree['httpPlugins']
  return Array.isArray(list) ? list.filter(isRecord) : []
}

function at(tree: Record<string, unknown>, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (isRecord(node) ? node[key] : undefined), tree)
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535
}
