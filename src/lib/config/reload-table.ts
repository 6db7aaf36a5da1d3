/** What a changed key takes: it holds at once, a port or socket is moved, or the gateway has to be started anew. */
export type Take = 'applied' | 'rebound' | 'restart needed'

/** By key; what is not named goes with its nearest parent. `docs/config.md` prints it. */
const table: Readonly<Record<string, Take>> = {
  $schema: 'applied',
  gateway: 'applied',
  'gateway.mode': 'restart needed',
  'gateway.bind': 'rebound',
  'gateway.port': 'rebound',
  'gateway.proxySocket': 'rebound',
  tunnel: 'applied',
}

/** How a running gateway takes a change of the key. */
export function takeOf(path: string): Take {
  const own = table[path]
  if (own !== undefined) return own
  return path.includes('.') ? takeOf(path.slice(0, path.lastIndexOf('.'))) : 'restart needed'
}
