import { templateFor } from '../access/proxy/templates/template.ts'
import type { Config } from '../config/schema.ts'
import type { ProxyProgram, ProxyTemplate } from '../protocol/http-api.ts'

/** Stands in where any free port was asked for and no gateway runs that has one. */
const USUAL_PORT = 18_790

/** A configuration for a person's own proxy, for the port or socket that this gateway really has. Throws `invalid_domain`. */
export function proxyTemplate({ gateway }: Config, program: ProxyProgram, { domain }: { domain?: string }): ProxyTemplate {
  const { port, proxySocket, publicUrl } = gateway
  const publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).hostname
  return templateFor(program, { domain, publicHost, port: port || USUAL_PORT, socket: proxySocket })
}
