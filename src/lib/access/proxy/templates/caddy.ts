import { gatewayOf, type ProgramTemplate, type Site, socketSteps } from './site.ts'

/** A site block for Caddy 2, also the 2.6.2 of Debian 12. Caddy gets the certificate, redirects from http and sets X-Forwarded-* by itself. */
export const caddy: ProgramTemplate = {
  file: '/etc/caddy/Caddyfile',
  text,
  steps: (site) => [
    { title: 'Put it into /etc/caddy/Caddyfile, below what is there; Caddy gets the certificate by itself' },
    ...socketSteps(site, 'caddy'),
    {
      title: 'Let Caddy check the file and read it',
      command: 'sudo caddy validate --adapter caddyfile --config /etc/caddy/Caddyfile && sudo systemctl reload caddy',
    },
  ],
}

function text(site: Site): string {
  // `unix//path` is how Caddy writes the address of a socket: https://caddyserver.com/docs/conventions#network-addresses
  const upstream = site.gateway.kind === 'port' ? gatewayOf(site) : `unix/${site.gateway.path}`
  return `# https://${site.domain} leads to the xopc gateway at ${gatewayOf(site)}.
${site.domain} {
	reverse_proxy ${upstream} {
		# Event streams: pass on every piece at once.
		flush_interval -1
		transport http {
			# Keep idle connections to the gateway for the next request.
			keepalive 90s
		}
	}
}
`
}
