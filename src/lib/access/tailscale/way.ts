import type { Tailscale } from '../../binaries/tailscale.ts'
import type { Way } from '../../probe/way.ts'

/**
 * How this computer visits its own address: through Tailscale itself. Neither the name nor the address needs to lead anywhere here: MagicDNS may be
 * off on this computer, and a Tailscale without a network device of its own (in a container) has addresses that only the tailnet reaches.
 */
export function wayTo(program: Tailscale, { url, name, addresses }: { url: string; name: string; addresses: readonly string[] }): Way {
  const port = Number(new URL(url).port) || 443
  return {
    program: 'Tailscale',
    addresses,
    async open(signal) {
      signal.throwIfAborted()
      return program.open(name, port)
    },
    fix: { title: 'See what Tailscale says of itself, and of certificates', command: 'tailscale status' },
  }
}
