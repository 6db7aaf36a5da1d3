import type { Found } from './problems.ts'
import type { Rule, RuleContext } from './rule.ts'
import { authRules } from './rules-auth.ts'
import { exposureRules } from './rules-exposure.ts'
import { networkRules } from './rules-network.ts'
import { remoteRules } from './rules-remote.ts'
import { versionRules } from './rules-version.ts'

const rules: readonly Rule[] = [...authRules, ...exposureRules, ...networkRules, ...remoteRules, ...versionRules]

/** Everything that breaks a rule between keys, in the effective configuration. Throws nothing. */
export function checkRules(context: RuleContext): Found[] {
  return rules.flatMap((rule) => rule(context))
}
