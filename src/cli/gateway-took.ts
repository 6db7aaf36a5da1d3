import type { ConfigReload } from '../lib/protocol/http-api.ts'

/** What the running gateway made of the configuration file as it is now; null where none runs, or one with another file. Throws what `connect` throws. */
export async function askWhatGatewayTook(env: NodeJS.ProcessEnv, path: string): Promise<ConfigReload | null> {
  const [{ openState }, { connect }] = await Promise.all([import('../lib/state/store.ts'), import('../lib/remote/local.ts')])
  const target = await connect(await openState(env, { create: false }))
  if (target.kind === 'offline') return null
  const view = await target.xopc.config()
  // An empty change makes the gateway read the file again and tell what became of it.
  return view.path === path ? (await target.xopc.patchConfig({})).reload : null
}

/** In words, what became of the keys that were set. Pure. */
export function describeTaken(keys: readonly string[], reload: ConfigReload | null): string[] {
  if (reload === null) return ['No gateway is running with this file; it holds from the next start.']
  if (!reload.ok)
    return [
      'The running gateway did not take the file up:',
      ...reload.problems.map(({ message }) => `  ${message}`),
      'Next: xopc config validate',
    ]
  const about = (paths: readonly string[]): string[] =>
    paths.filter((path) => keys.some((key) => path === key || path.startsWith(`${key}.`)))
  const [applied, rebound, restart] = [about(reload.applied), about(reload.rebound), about(reload.restartNeeded)]
  const lines = [
    ...(applied.length > 0 ? [`applied: ${applied.join(', ')}`] : []),
    ...(rebound.length > 0 && reload.problems.length === 0 ? [`rebound: ${rebound.join(', ')}`] : []),
    ...(restart.length > 0 ? [`restart needed: ${restart.join(', ')} (xopc gateway restart)`] : []),
    ...reload.problems.flatMap(({ message, hint }) => [
      `The running gateway could not follow, and goes on where it was: ${message}`,
      ...(hint === undefined ? [] : [hint]),
    ]),
  ]
  return lines.length > 0
    ? lines
    : ['Nothing changes for the running gateway: the value was in effect already, or a flag or environment variable wins.']
}
