import type { AccessDefinition } from './access-method.ts'
import { lan } from './lan/method.ts'
import { proxy } from './proxy/method.ts'
import { tailscale } from './tailscale/method.ts'
import { tunnel } from './tunnel/method.ts'

/** Every way in, in the order in which people are told of them. */
export const accessMethods: readonly AccessDefinition[] = [tailscale, lan, proxy, tunnel]
