/** The DNS records that a broker's domain needs. Pure. */
export function dnsText({ domain, tunnelPort }: { domain: string; tunnelPort: number }): string {
  return `Records to add where the domain is managed. 203.0.113.7 and 2001:db8::7 stand for this host's own addresses;
leave the AAAA lines out where it has no IPv6.

${domain}.      A      203.0.113.7
${domain}.      AAAA   2001:db8::7
*.${domain}.    A      203.0.113.7
*.${domain}.    AAAA   2001:db8::7

No proxy of the DNS provider may stand before them: gateways dial port ${tunnelPort} directly.

Ports that have to be open in the firewall: 80 and 443 (TCP, and UDP 443 for HTTP/3) for Caddy, ${tunnelPort} (TCP) for gateways, whose
frpc come to frps itself. All other ports of the set listen on 127.0.0.1 only.

frps hangs up on whoever says nothing for 10 seconds, but counts no connections. Where strangers open too many, nftables does, 64 for an
address (a gateway needs one):

    table inet xopc_broker {
      set v4 { type ipv4_addr; flags dynamic; }
      set v6 { type ipv6_addr; flags dynamic; }
      chain input {
        type filter hook input priority filter; policy accept;
        tcp dport ${tunnelPort} ct state new add @v4 { ip saddr ct count over 64 } reject with tcp reset
        tcp dport ${tunnelPort} ct state new add @v6 { ip6 saddr & ffff:ffff:ffff:ffff:: ct count over 64 } reject with tcp reset
      }
    }

Every name below the domain is somebody's own website. Use a domain for nothing else: cookies of ${domain} would be
theirs, too. To keep them apart from each other, have it added to the Public Suffix List (https://publicsuffix.org).
`
}

/** What of a broker has to be kept, and how. Pure. */
export function backupText({ dir }: { dir: string }): string {
  return `# What to keep of this broker

| file | what is lost with it |
| --- | --- |
| \`broker.db\` | whose which name is. Without it names could be given to somebody else. |
| \`frps-key.pem\`, \`frps-cert.pem\` | gateways connect again only after they asked for the new certificate, which they do when they register. |
| \`broker.json\`, \`frps.toml\` | ports, limits, and the words by which frps and the broker know each other; \`xopc broker init\` writes new ones. |

The database is copied while the broker runs, never with \`cp\`:

    sqlite3 ${dir}/broker.db ".backup '/backup/broker.db'"

or, with what every sqlite3 has:

    sqlite3 ${dir}/broker.db "VACUUM INTO '/backup/broker-$(date +%F).db'"

Once a day is enough where few gateways come; a copy that is a week old makes a week's new names free again.
The copy holds no secret in the clear, only digests; \`frps-key.pem\` and \`frps.toml\` are secrets.

To bring it back: end the broker, remove \`broker.db-wal\` and \`broker.db-shm\`, put the copy in the place of \`broker.db\`
(owner xopc-broker, mode 0600), start the broker.
`
}
