import { type Culprit, type Stage, type StageName, stageNames } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { cut } from './cut.ts'
import { renderFix } from './fix.ts'
import { wrap } from './wrap.ts'

/** The look of a stage: a sign for the eye, a word for everybody. */
const looks: Record<Stage['status'], readonly [sign: string, word: string]> = {
  pass: ['✓', 'pass'],
  warn: ['!', 'warn'],
  fail: ['✗', 'FAIL'],
  skip: ['-', 'skip'],
}

const longest = 600
const nameWidth = Math.max(...stageNames.map((name) => name.length))
/** What is said of a stage below its own line stands under its name. */
const indent = '        '
/** Narrower terminals get the sentence below the line, not beside it. */
const wide = 80

/** A stage that ended: what was found, and of a warning or failure who did it and what to do. Pure. */
export function renderStage(stage: Stage, columns: number): string[] {
  const detail = cleanText(stage.detail, longest)
  const found = columns < wide ? [head(stage).trimEnd(), ...wrap(indent, detail, columns)] : wrap(`${head(stage)}  `, detail, columns)
  return [...found, ...trouble(stage, columns), ...repair(stage, columns)]
}

/** The stages as far as they are, one line each and none longer than `columns`, for a view that is drawn anew. Pure. */
export function renderProgress(ended: ReadonlyMap<StageName, Stage>, columns: number): string[] {
  const running = runningNow(ended)
  return stageNames.map((name) => {
    const stage = ended.get(name)
    if (stage !== undefined) return cut(`${head(stage)}  ${cleanText(stage.detail, longest)}`, columns)
    return cut(running.has(name) ? `… runs  ${name}` : `  wait  ${name}`, columns)
  })
}

/** Each of these needs the one before it; the others run side by side. */
const chain: readonly StageName[] = ['dns', 'tcp', 'tls', 'http', 'identity']

function runningNow(ended: ReadonlyMap<StageName, Stage>): ReadonlySet<StageName> {
  const next = chain.find((name) => !ended.has(name))
  return new Set(next === undefined ? stageNames : [next])
}

function head({ stage, status, ms }: Stage): string {
  const [sign, word] = looks[status]
  const time = status === 'skip' ? '' : `${ms} ms`
  return `${sign} ${word}  ${stage.padEnd(nameWidth)} ${time.padStart(8)}`
}

function trouble({ stage, status, code, culprit }: Stage, columns: number): string[] {
  if (status !== 'warn' && status !== 'fail') return []
  // Where no connection came about, there is nobody who could have said who it is.
  const hasWho = culprit !== undefined && (culprit.program !== null || !unspoken.has(stage))
  return [
    ...(code === undefined ? [] : wrap(`${indent}Code: `, cleanText(code, 60), columns)),
    ...(hasWho ? wrap(`${indent}Who: `, who(culprit), columns) : []),
  ]
}

const unspoken: ReadonlySet<StageName> = new Set(['dns', 'tcp'])

function who({ program, evidence }: Culprit): string {
  if (program === null) return 'unknown; nothing on the way says what it is'
  return cleanText(program, 60) + (evidence === null ? '' : ` (told by ${cleanText(evidence, 200)})`)
}

function repair({ status, fix }: Stage, columns: number): string[] {
  return fix === undefined ? [] : renderFix(`${indent}${status === 'pass' ? 'Tip: ' : 'Fix: '}`, fix, columns)
}
