import { withoutOurs } from '../system/own-variables.ts'

/** frpc takes `http_proxy` for its own way to the server; the others go, too, so that no version of it begins to use them. */
const namesProxy = /(?:^|_)(?:no)?proxy$/i

/** The whole environment of frpc: ours without XOPC_*, and without any variable that names a proxy, however it is spelt. Pure. */
export function frpcEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(withoutOurs(env)).filter(([name]) => !namesProxy.test(name)))
}
