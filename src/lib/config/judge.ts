import type { ConfigProblem } from '../protocol/http-api.ts'
import { type Merged, type Origins, type Overrides, inferAuthMode, mergeSources } from './environment.ts'
import { type Found, toProblems, toSegments } from './problems.ts'
import { checkRules } from './rules.ts'
import type { Config } from './schema.ts'
import { shape } from './shape.ts'
import { type Source, readSource } from './source.ts'
import { valueAt } from './tree.ts'

/** Everything besides the file that decides what is in effect. */
export interface Surroundings {
  env: NodeJS.ProcessEnv
  overrides: Overrides
  /** Addresses and names of this computer. */
  ownHosts: readonly string[]
}

/** A text, judged. */
export interface Judged {
  source: Source
  /** The effective configuration; null where a problem is an error. */
  config: Config | null
  found: readonly Found[]
  /** Whether the rules could be checked: not where the file cannot be read, or a value has a form that no rule could judge. */
  ruled: boolean
  /** Every problem, in the order of the file. */
  problems: ConfigProblem[]
  origins: Origins
}

/** Judges the text of the configuration file together with environment and flags; null stands for no file. Pure, throws nothing. */
export function judge(text: string | null, surroundings: Surroundings): Judged {
  const source = readSource(text)
  const merged = mergeSources(source.values ?? {}, surroundings.env, surroundings.overrides)
  const { config, problems } = source.values === null ? { config: null, problems: [] } : effective(merged, surroundings)
  const found = [...source.problems, ...problems]
  const broken = found.some(({ severity }) => severity === 'error')
  return {
    source,
    config: broken ? null : config,
    found,
    ruled: config !== null,
    problems: placed(source, problems, merged.origins),
    origins: merged.origins,
  }
}

function effective(merged: Merged, { ownHosts }: Surroundings): { config: Config | null; problems: Found[] } {
  const values = inferAuthMode(merged.values)
  const shaped = shape(values)
  if ('problems' in shaped) return { config: null, problems: [...merged.problems, ...shaped.problems.filter(notIn(merged.problems))] }
  const written = (path: string): boolean => valueAt(values, toSegments(path)) !== undefined
  return { config: shaped.config, problems: [...merged.problems, ...checkRules({ config: shaped.config, written, ownHosts })] }
}

/** A key whose environment variable is missing is not also missing itself. */
function notIn(known: readonly Found[]): (one: Found) => boolean {
  const paths = new Set(known.map(({ segments }) => segments.join('.')))
  return ({ segments }) => !paths.has(segments.join('.'))
}

function placed(source: Source, effective: readonly Found[], origins: Origins): ConfigProblem[] {
  const inFile = ({ segments }: Found) => source.locate(segments)
  // What comes from elsewhere does not stand in the file, though the key may.
  const locate = (one: Found) => (origins.has(one.segments.join('.')) ? null : inFile(one))
  const fromValues = toProblems(effective, locate).map((problem) => withOrigin(problem, origins.get(problem.path)))
  return inFileOrder([...toProblems(source.problems, inFile), ...fromValues])
}

function withOrigin(problem: ConfigProblem, origin: string | undefined): ConfigProblem {
  return origin === undefined ? problem : { ...problem, message: `${problem.message} (It comes from ${origin}.)` }
}

function inFileOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const at = (number: number | null): number => number ?? Number.POSITIVE_INFINITY
  const compare = (a: number, b: number): number => (a === b ? 0 : a - b)
  return problems.toSorted((a, b) => compare(at(a.line), at(b.line)) || compare(at(a.column), at(b.column)))
}
