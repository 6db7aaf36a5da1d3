import { gatewayOf, type ProgramTemplate, type Site } from './site.ts'

/** What stands where the tunnel's id belongs. */
const tunnelId = 'YOUR-TUNNEL-ID'

/** The configuration of a locally-managed Cloudflare Tunnel: https://developers.cloudflare.com/tunnel/advanced/local-management/configuration-file/ */
export const cloudflared: ProgramTemplate = {
  file: '/etc/cloudflared/config.yml',
  text,
  steps: ({ domain }) => [
    { title: 'Sign in to Cloudflare, which must serve the DNS of the domain', command: 'cloudflared tunnel login' },
    { title: 'Make a tunnel; it prints the id and where it put the credentials file', command: 'cloudflared tunnel create xopc' },
    { title: `Save the template as /etc/cloudflared/config.yml, with that id in both places of ${tunnelId} and the path of that file` },
    { title: 'Let cloudflared check it', command: 'cloudflared --config /etc/cloudflared/config.yml tunnel ingress validate' },
    { title: 'Lead the host name to the tunnel', command: `cloudflared tunnel route dns xopc ${domain}` },
    { title: 'Run it', command: 'cloudflared --config /etc/cloudflared/config.yml tunnel run xopc' },
    {
      title:
        'No quick tunnel (trycloudflare.com) in its place: it holds event streams back until they end, and the test fails there at sse',
    },
  ],
}

function text(site: Site): string {
  // A socket is written `unix:/path` without http:// before it.
  const service = site.gateway.kind === 'port' ? `http://${gatewayOf(site)}` : gatewayOf(site)
  return `# https://${site.domain} leads through Cloudflare to the xopc gateway at ${gatewayOf(site)}.
# Write the id of your tunnel in place of ${tunnelId}; "cloudflared tunnel create" prints it.
tunnel: "${tunnelId}"
credentials-file: "/etc/cloudflared/${tunnelId}.json"

ingress:
  - hostname: "${site.domain}"
    service: "${service}"
  # The last rule must take everything else.
  - service: http_status:404
`
}
