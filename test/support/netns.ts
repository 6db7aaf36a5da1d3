import { networkInterfaces } from 'node:os'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { atEnd } from './cleanup.ts'
import { run, start, type Ran, type RunOptions } from './run.ts'

/** Another computer on the same network, as far as the network can tell: a namespace with one cable to this one. */
export interface OtherComputer {
  /** Its own address, IPv4. */
  readonly address: string
  /** This computer's address on the cable: what it dials. */
  readonly hostAddress: string
  /** This computer's end of the cable. */
  readonly hostInterface: string
  /** What a command line begins with to run there. */
  readonly prefix: readonly [string, ...string[]]
  /** Runs a program there to its end. */
  run(argv: readonly [string, ...string[]], options?: RunOptions): Promise<Ran>
  /** Starts a program there; it is killed when its time is up and after the last test of the file. */
  start(argv: readonly [string, ...string[]], options?: RunOptions): ChildProcessByStdio<Writable, Readable, Readable>
  /** Pulls the cable, or puts it back. */
  cable(state: 'up' | 'down'): Promise<void>
  /** Ends what was started there and removes the namespace. Twice equals once. */
  remove(): Promise<void>
}

let count = 0

/** Makes a namespace joined to this computer by a veth pair (10.231.x.0/24); removed after the last test of the file. Needs the peer `netns`. Throws what `ip` printed. */
export async function otherComputer(ip: string): Promise<OtherComputer> {
  const id = `${process.pid.toString(36)}${(count++).toString(36)}`
  const [name, hostInterface, inside] = [`xopc-${id}`, `xh${id}`, `xc${id}`]
  const network = freeNetwork()
  const [hostAddress, address] = [`${network}.1`, `${network}.2`]
  const children = new Set<ChildProcessByStdio<Writable, Readable, Readable>>()
  let removed: Promise<void> | undefined
  const remove = async () => {
    for (const child of children) child.kill('SIGKILL')
    await ipCommands(ip, [`link del ${hostInterface}`, `netns del ${name}`])
  }
  const other: OtherComputer = {
    address,
    hostAddress,
    hostInterface,
    prefix: [ip, 'netns', 'exec', name],
    run: (argv, options) => run([ip, 'netns', 'exec', name, ...argv], options),
    start(argv, options) {
      const child = start([ip, 'netns', 'exec', name, ...argv], options)
      children.add(child)
      return child
    },
    cable: (state) => ipCommands(ip, [`link set ${hostInterface} ${state}`]),
    remove: () => (removed ??= remove()),
  }
  await ipCommands(ip, [`netns add ${name}`])
  atEnd(other.remove)
  await ipCommands(ip, [
    `link add ${hostInterface} type veth peer name ${inside} netns ${name}`,
    `addr add ${hostAddress}/24 dev ${hostInterface}`,
    `link set ${hostInterface} up`,
    `-n ${name} addr add ${address}/24 dev ${inside}`,
    `-n ${name} link set lo up`,
    `-n ${name} link set ${inside} up`,
    `-n ${name} route add default via ${hostAddress}`,
  ])
  return other
}

/** Two files run at a time: what another one has taken shows among the interfaces. */
function freeNetwork(): string {
  const taken = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? [])
  for (let third = process.pid % 250; ; third = (third + 7) % 250) {
    const network = `10.231.${third}`
    if (!taken.some((address) => address.startsWith(`${network}.`))) return network
  }
}

async function ipCommands(ip: string, commands: readonly string[]): Promise<void> {
  for (const command of commands) {
    const ran = await run([ip, ...command.split(' ')], { timeoutMs: 10_000 })
    if (ran.code !== 0) throw new Error(`ip ${command}: ${ran.stderr.trim()}`)
  }
}
