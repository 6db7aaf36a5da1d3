import type { Fix } from '../../../protocol/http-api.ts'

/** What a template is made for; every text in it is safe to write into a configuration as it is. */
export interface Site {
  /** `gateway.example.com`. */
  domain: string
  /** Where the gateway listens for the proxy: a port of 127.0.0.1, or a unix socket. */
  gateway: { kind: 'port'; port: number } | { kind: 'socket'; path: string }
}

/** What is to be known of a program to write its configuration. */
export interface ProgramTemplate {
  /** Where such a file usually is. */
  file: string
  text(site: Site): string
  /** From the saved file to a proxy that runs with it. */
  steps(site: Site): Fix[]
}

/** `127.0.0.1:18790`, or `unix:/run/xopc/gateway.sock`. */
export function gatewayOf({ gateway }: Site): string {
  return gateway.kind === 'port' ? `127.0.0.1:${gateway.port}` : `unix:${gateway.path}`
}

/** What lets a proxy of this group open the socket of the gateway; nothing where it uses the port. The socket takes the group of its folder. */
export function socketSteps({ gateway }: Site, group: string): Fix[] {
  if (gateway.kind === 'port') return []
  const folder = gateway.path.slice(0, gateway.path.lastIndexOf('/')) || '/'
  return [
    {
      title: 'Let the proxy open the socket: it takes the group of its folder when the gateway starts',
      command: `sudo chgrp ${group} ${folder} && sudo chmod g+x ${folder} && xopc gateway restart`,
    },
  ]
}
