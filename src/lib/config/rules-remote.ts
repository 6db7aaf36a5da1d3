import { configErrors } from './errors.ts'
import { found } from './problems.ts'
import type { Rule } from './rule.ts'

/** What a value asks for that is not there. */
const incomplete = (key: string, missing: string) => [found(key, configErrors.REMOTE_INCOMPLETE({ key, missing }))]

const gatewayNamed: Rule = ({ config: { gateway } }) =>
  gateway.mode === 'remote' && gateway.remote === undefined ? incomplete('gateway.mode', 'which one: gateway.remote is missing') : []

// Nothing reads the rest in local mode, so it keeps no gateway of this computer from starting.
const targetNamed: Rule = ({ config: { gateway } }) =>
  gateway.mode === 'remote' && gateway.remote?.transport === 'ssh' && gateway.remote.sshTarget === undefined
    ? incomplete('gateway.remote.transport', 'where ssh is to sign in: gateway.remote.sshTarget is missing')
    : []

/** Rules about the gateway elsewhere that commands act on. */
export const remoteRules: readonly Rule[] = [gatewayNamed, targetNamed]
