import { configErrors } from './errors.ts'
import { found } from './problems.ts'
import type { Config } from './schema.ts'
import type { Rule } from './rule.ts'

/** Values that ask for a method which comes with a later version (docs/decisions/005). */
const later: readonly { key: string; method: string; asked: (config: Config) => boolean }[] = [
  {
    key: 'gateway.auth.trustedProxy.jwt',
    method: 'signed identities',
    asked: ({ gateway: { auth } }) => auth.mode === 'trusted-proxy' && auth.trustedProxy?.jwt !== undefined,
  },
  { key: 'gateway.agent', method: 'the agent API', asked: ({ gateway }) => gateway.agent !== undefined },
]

const notYet: Rule = ({ config }) =>
  later.filter(({ asked }) => asked(config)).map(({ key, method }) => found(key, configErrors.NOT_IN_THIS_VERSION({ key, method })))

/** What a setting waits for, where this version cannot do it yet; else null. */
export function waitsFor(path: string): string | null {
  return later.find(({ key }) => path === key || path.startsWith(`${key}.`))?.method ?? null
}

/** Rules about what this version can do. */
export const versionRules: readonly Rule[] = [notYet]
