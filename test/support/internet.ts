import { tempFolder } from './cleanup.ts'
import { run } from './run.ts'
import { type OwnNetwork, ownNetwork } from './tailnet/own-network.ts'

/** A computer with one cable to the others, and a loopback of its own. */
export interface Computer extends OwnNetwork {
  /** By which the others reach it. */
  readonly address: string
  /** Pulls the cable at the far end, or puts it back: the computer itself sees nothing of it, as with a provider that fails. */
  cable(state: 'up' | 'down'): Promise<void>
}

/** Makes computers that reach each other through a router and nobody else (10.99.<n>.2, in their order); gone after the last test of the file. Needs the peer `netns`. Throws what `ip` printed. */
export async function startInternet<Name extends string>(ip: string, names: readonly Name[]): Promise<Record<Name, Computer>> {
  const router = await ownNetwork(ip, await tempFolder())
  await router.run(['sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward'])
  const made: [Name, Computer][] = []
  for (const [index, name] of names.entries()) made.push([name, await join(ip, router, index + 1)])
  // `as`: there is one for each name.
  return Object.fromEntries(made) as Record<Name, Computer>
}

async function join(ip: string, router: OwnNetwork, number: number): Promise<Computer> {
  const network = await ownNetwork(ip, await tempFolder())
  const [near, far, address, gateway] = ['c0', `r${number}`, `10.99.${number}.2`, `10.99.${number}.1`]
  const [here, there] = [nameOf(network), nameOf(router)]
  for (const command of [
    `-n ${there} link add ${far} type veth peer name ${near} netns ${here}`,
    `-n ${there} addr add ${gateway}/24 dev ${far}`,
    `-n ${there} link set ${far} up`,
    `-n ${here} addr add ${address}/24 dev ${near}`,
    `-n ${here} link set ${near} up`,
    `-n ${here} route add default via ${gateway}`,
  ])
    await done(ip, command)
  return { ...network, address, cable: async (state) => await done(ip, `-n ${there} link set ${far} ${state}`) }
}

/** The name stands last in `ip netns exec <name>`. */
function nameOf({ prefix }: OwnNetwork): string {
  return prefix.at(-1) ?? ''
}

async function done(ip: string, command: string): Promise<void> {
  const ran = await run([ip, ...command.split(' ')], { timeoutMs: 10_000 })
  if (ran.code !== 0) throw new Error(`ip ${command}: ${ran.stderr.trim()}`)
}
