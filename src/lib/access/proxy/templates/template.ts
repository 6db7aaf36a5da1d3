import type { Fix, ProxyProgram, ProxyTemplate } from '../../../protocol/http-api.ts'
import { proxyErrors } from '../errors.ts'
import { caddy } from './caddy.ts'
import { cloudflared } from './cloudflared.ts'
import { domainOf, isDomain } from './domain.ts'
import { nginx } from './nginx.ts'
import { gatewayOf, type ProgramTemplate, type Site } from './site.ts'

/** Every program that there is a template for. */
const programs: Record<ProxyProgram, ProgramTemplate> = { caddy, nginx, cloudflared }

/** What a template is to be made for. */
export interface TemplateWishes {
  /** The host name that it serves. */
  domain?: string | undefined
  /** The host of `gateway.publicUrl`: meant where no other is given, if a certificate can be had for it. Else it is `gateway.example.com`. */
  publicHost?: string | undefined
  /** The port that the gateway has on 127.0.0.1. */
  port: number
  /** `gateway.proxySocket`: the proxy comes by it instead of by the port. */
  socket?: string | undefined
}

/** A configuration that passes the staged test with every stage. Pure. Throws `invalid_domain`, `PROXY_SOCKET_UNSAFE`. */
export function templateFor(program: ProxyProgram, { domain, publicHost, port, socket }: TemplateWishes): ProxyTemplate {
  const site: Site = {
    domain: domain === undefined ? fallback(publicHost) : domainOf(domain),
    gateway: socket === undefined ? { kind: 'port', port } : { kind: 'socket', path: safePath(socket) },
  }
  const { file, text, steps } = programs[program]
  return { program, domain: site.domain, gateway: gatewayOf(site), file, text: text(site), steps: [...steps(site), ...lastSteps(site)] }
}

/** Nobody typed this one, so there is nobody to tell that it is an address or `localhost`. */
function fallback(host: string | undefined): string {
  return host !== undefined && isDomain(host) ? host : 'gateway.example.com'
}

function lastSteps({ domain, gateway }: Site): Fix[] {
  const url = `https://${domain}`
  // By its own socket a proxy is believed without being named.
  const trust = {
    title: 'If you like: let the gateway see each client’s own address in place of the proxy’s',
    command: `xopc config set 'gateway.trustedProxies=["127.0.0.1"]'`,
  }
  return [
    { title: 'See whether every hop works', command: `xopc proxy test ${url}` },
    { title: 'Keep the address', command: `xopc proxy set ${url}` },
    ...(gateway.kind === 'port' ? [trust] : []),
  ]
}

/** In none of the programs do these characters mean anything but themselves. */
function safePath(path: string): string {
  if (!/^\/[A-Za-z0-9/._-]+$/.test(path)) throw proxyErrors.PROXY_SOCKET_UNSAFE({ path })
  return path
}
