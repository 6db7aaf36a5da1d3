import type { Found } from './problems.ts'
import type { Config } from './schema.ts'

/** What a rule looks at. */
export interface RuleContext {
  /** The effective configuration. */
  config: Config
  /** Whether a key is set in the file, the environment or by a flag, rather than by default. */
  written(path: string): boolean
  /** Addresses and names of this computer. */
  ownHosts: readonly string[]
}

/** Finds what breaks one rule between keys; pure, throws nothing. */
export type Rule = (context: RuleContext) => Found[]
