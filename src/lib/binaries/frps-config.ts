import { binaryErrors } from './errors.ts'

/** What a broker decides about its frps; ports are of loopback. */
export interface FrpsSettings {
  bindPort: number
  vhostPort: number
  /** `frp.example.com`: names are put before it. */
  subdomainHost: string
  certFile: string
  keyFile: string
  /** Where frps asks us about everything that a gateway wants. */
  plugin: { port: number; path: string }
}

/** What frps has to ask us about; without one of them anybody could take any name. */
const NEEDED_OPS = ['Login', 'NewProxy', 'CloseProxy'] as const
const LOOPBACK = ['127.0.0.1', '::1', 'localhost']
/** Doors of frps that lead past the plugin or past the links that we can cut. */
const OTHER_DOORS = ['kcpBindPort', 'quicBindPort', 'vhostHTTPSPort', 'tcpmuxHTTPConnectPort', 'sshTunnelGateway']
/** Somebody who guessed it could ask the plugin; frps alone knows it. */
const SECRET_PATH = /^\/[\w-]{32,128}$/

/** The text of `frps.toml` for a broker. Pure. */
export function frpsToml(settings: FrpsSettings): string {
  const { bindPort, vhostPort, subdomainHost, certFile, keyFile, plugin } = settings
  return `# frps of xopc broker. Ports and paths may be changed; the broker reads this file at its start and refuses one that is not safe.

# Gateways come by the broker's own port, which leads here, so that it can end every link at once.
bindAddr = "127.0.0.1"
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
# Seconds. frpc has to send heartbeats: transport.heartbeatInterval = 30
transport.heartbeatTimeout = 90

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
    bindPort: Number(tree['bindPort']),
    vhostPort: Number(tree['vhostHTTPPort']),
    subdomainHost: String(tree['subDomainHost']),
    certFile: String(at(tree, 'transport.tls.certFile')),
    keyFile: String(at(tree, 'transport.tls.keyFile')),
    plugin: { port: Number(port), path: String(plugin?.['path']) },
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
  for (const key of ['bindAddr', 'proxyBindAddr'])
    if (!LOOPBACK.includes(String(tree[key]))) return `${key} is not 127.0.0.1, so that people could pass the broker by`
  for (const key of ['bindPort', 'vhostHTTPPort']) if (!isPort(tree[key])) return `${key} is no port`
  if (typeof tree['subDomainHost'] !== 'string' || tree['subDomainHost'] === '') return 'subDomainHost is missing'
  if (at(tree, 'transport.tls.force') !== true) return 'transport.tls.force is not true, so that tokens could travel in the open'
  for (const key of ['certFile', 'keyFile'])
    if (typeof at(tree, `transport.tls.${key}`) !== 'string') return `transport.tls.${key} is missing`
  if (at(tree, 'transport.tcpMux') === false) return 'transport.tcpMux is false, so that one gateway has many links'
  const door = OTHER_DOORS.find((key) => tree[key] !== undefined && tree[key] !== 0)
  if (door !== undefined) return `${door} opens a way that the broker does not watch`
  const dashboard = at(tree, 'webServer.addr')
  if (dashboard !== undefined && !LOOPBACK.some((address) => address === dashboard)) return 'webServer.addr is not 127.0.0.1'
  return pluginProblem(pluginsIn(tree))
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
  return Array.isArray(list) ? list.filter(isTable) : []
}

function at(tree: Record<string, unknown>, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (isTable(node) ? node[key] : undefined), tree)
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535
}
