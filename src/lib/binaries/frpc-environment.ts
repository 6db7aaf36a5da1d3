import { withoutOurs } from '../system/own-variables.ts'

/** frpc takes `http_proxy` for its own way to the server; the others are dropped so that no version of it begins to. */
const proxies = new Set(['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy', 'ftp_proxy', 'socks_proxy'])

/** The whole environment of frpc: ours without XOPC_*, and without any variable that names a proxy, however it is spelt. Pure. */
export function frpcEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(withoutOurs(env)).filter(([name]) => !proxies.has(name.toLowerCase())))
}
