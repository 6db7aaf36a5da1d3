/** What the web server in front needs to know. */
export interface CaddyFacts {
  domain: string
  apiPort: number
  vhostPort: number
}

/** A Caddyfile for a broker's host. Pure. */
export function caddyfile({ domain, apiPort, vhostPort }: CaddyFacts): string {
  return `# Caddy in front of a broker of xopc: https for the API and for every name below ${domain}.
{
	on_demand_tls {
		# The broker says for which names there may be a certificate: only for those that a gateway holds.
		ask http://127.0.0.1:${apiPort}/edge/allow
	}
}

${domain} {
	# /edge and /metrics are for programs of this computer alone.
	@broker path /api/* /.well-known/tunnel-config
	handle @broker {
		reverse_proxy 127.0.0.1:${apiPort}
	}
	handle {
		respond 404
	}
}

# Certificates that are fetched one by one make the names public in the logs of certificate transparency.
# With a DNS module of Caddy a single wildcard certificate does not: https://caddyserver.com/docs/automatic-https#wildcard-certificates
*.${domain} {
	tls {
		on_demand
	}
	# Event streams pass at once; WebSockets pass by themselves.
	reverse_proxy 127.0.0.1:${vhostPort} {
		flush_interval -1
	}
}
`
}

/** What Caddy's own unit is given besides: `systemctl edit caddy`, or a file in /etc/systemd/system/caddy.service.d. Pure. */
export function caddyUnit(): string {
  return `# For /etc/systemd/system/caddy.service.d/xopc-broker.conf
[Unit]
Wants=xopc-broker.service
After=xopc-broker.service

[Service]
# A tunnel with many visitors has many connections.
LimitNOFILE=1048576
`
}
