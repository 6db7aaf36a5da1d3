/** The person that an attacker would like to be. */
export const LOGIN = 'owner@example.com'

/** Ways to write Tailscale's identity headers, each a list of header lines. */
export const identityClaims: readonly (readonly string[])[] = [
  [`Tailscale-User-Login: ${LOGIN}`],
  [`tailscale-user-login: ${LOGIN}`, 'tailscale-user-name: The Owner', 'tailscale-user-profile-pic: https://example.com/o.png'],
  [`TAILSCALE-USER-LOGIN:   ${LOGIN}\t `],
  [`Tailscale_User_Login: ${LOGIN}`],
  [`tailscale-user_login: ${LOGIN}`],
  [`Tailscale.User.Login: ${LOGIN}`],
  [`Tailscale-User-Login: ${LOGIN}`, `Tailscale-User-Login: ${LOGIN}`],
  [`Tailscale-User-Login: guest@example.com, ${LOGIN}`],
  [`Tailscale-App-Capabilities: {"${LOGIN}":["admin"]}`],
  [`Tailscale-Headers-Info: ${LOGIN}`],
  ['X-Webauth-User: owner', 'Remote-User: owner', `X-Forwarded-User: ${LOGIN}`, 'X-Xopc-User: owner'],
]
