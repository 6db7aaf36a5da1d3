import { type GatewayOptions, type RunningGateway, startGateway, xopc, type XopcOptions } from '../gateway.ts'
import type { Ran } from '../run.ts'
import type { SecondUser } from '../second-user.ts'
import type { Tailnet } from '../tailnet.ts'

/** As whom xopc runs at a node. */
interface AtNode {
  /** Default: root, from whom Tailscale takes everything. `await secondUser()`: somebody whom it lets look but not change, until `tailscale set --operator=nobody`. */
  user?: SecondUser | undefined
}

/**
 * Starts `xopc gateway` in the network of the tailnet, on the computer of this node: it finds the node's `tailscale` and believes the tailnet's certificates,
 * and so does its command line, also when the gateway has ended. `fetch` enters at its `local` door, from beside it; its control socket is reached from everywhere.
 */
export async function startTailnetGateway(tailnet: Tailnet, name: string, options: GatewayOptions & AtNode = {}): Promise<RunningGateway> {
  const gateway = await startGateway({ ...atNode(tailnet, name, options), dial: tailnet.dial })
  return { ...gateway, xopc: (args, more) => gateway.xopc(args, { ...more, env: envOf(tailnet, name, { ...options.env, ...more?.env }) }) }
}

/** Runs the command line at this node, where no gateway was started: on a state folder of its own unless given. */
export function tailnetXopc(tailnet: Tailnet, name: string, args: readonly string[], options: XopcOptions & AtNode = {}): Promise<Ran> {
  return xopc(args, atNode(tailnet, name, options))
}

function atNode<Options extends { env?: NodeJS.ProcessEnv } & AtNode>(tailnet: Tailnet, name: string, options: Options) {
  const { user, env, ...others } = options
  return { ...others, ...user, prefix: [...tailnet.prefix, ...(user?.prefix ?? [])] as const, env: envOf(tailnet, name, env) }
}

function envOf(tailnet: Tailnet, name: string, over: NodeJS.ProcessEnv | undefined): NodeJS.ProcessEnv {
  return { ...tailnet.node(name).env, NODE_EXTRA_CA_CERTS: tailnet.rootFile, ...over }
}
