/** What `xopc broker start` says when gateways can come. Pure. */
export function renderBrokerStarted(given: { brokerUrl: string; publicUrlPattern: string; dev: boolean }): string[] {
  const { brokerUrl, publicUrlPattern, dev } = given
  return [
    `The broker runs: ${brokerUrl}`,
    `Tunnels come out at ${publicUrlPattern}`,
    ...(dev ? ['Only this computer reaches it. Ctrl-C ends it; names stay.'] : ['Ctrl-C ends it; names stay.']),
    '',
    `Next: xopc tunnel start --accept-risk --broker ${brokerUrl}`,
  ]
}
