import type { XopcError } from '../errors/error.ts'
import type { Found } from './problems.ts'
import type { Rule, RuleContext } from './rule.ts'
import { authRules } from './rules-auth.ts'
import { exposureRules } from './rules-exposure.ts'
import { networkRules } from './rules-network.ts'
import { remoteRules } from './rules-remote.ts'
import { versionRules } from './rules-version.ts'
import type { Config } from './schema.ts'

const rules: readonly Rule[] = [...authRules, ...exposureRules, ...networkRules, ...remoteRules, ...versionRules]

/** Everything that breaks a rule between keys, in the effective configuration. Throws nothing. */
export function checkRules(context: RuleContext): Found[] {
  return rules.flatMap((rule) => rule(context))
}

/** The first rule that a configuration would break and that holds now, as its error; null where there is none. Pure. */
export function brokenRule(now: Config, next: Config): XopcError | null {
  const errors = (config: Config): Found[] =>
    checkRules({ config, written: () => true, ownHosts: [] }).filter(({ severity }) => severity === 'error')
  const known = new Set(errors(now).map(({ error }) => error.code))
  return errors(next).find(({ error }) => !known.has(error.code))?.error ?? null
}
