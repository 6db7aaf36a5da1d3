import { basename } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { sources, type Source } from '../support/sources.ts'

interface Rule {
  rule: string
  files: string[]
  broken: (source: Source) => boolean
  /** Files that may, and why. */
  except?: readonly string[]
  /** Text that must count as broken, so that a rule that sees nothing is noticed. */
  planted: Source
}

const code = ['src/**/*.ts', 'bin/*.js', 'scripts/*.ts']
const tests = ['test/**/*.ts']
const has =
  (pattern: RegExp) =>
  ({ text }: Source) =>
    pattern.test(text)
const plant = (text: string, path = 'src/lib/x/a.ts'): Source => ({ path, text })

const rules: Rule[] = [
  {
    rule: 'no index.ts that only passes names on',
    files: ['src/**/index.ts', 'test/**/index.ts'],
    broken: ({ path, text }) => !path.startsWith('src/commands/') || onlyPassesOn(text),
    planted: plant("export * from './b.ts'\n", 'src/lib/x/index.ts'),
  },
  {
    rule: 'no file named utils, helpers, common, misc or shared',
    files: [...code, ...tests],
    broken: ({ path }) => /^(utils?|helpers?|common|misc|shared)\./.test(basename(path)),
    planted: plant('', 'src/lib/utils.ts'),
  },
  {
    rule: 'no mocks of modules',
    files: tests,
    broken: has(/\bvi\s*\.\s*(mock|doMock|hoisted)\b/),
    planted: plant('vi' + ".mock('x')"),
  },
  {
    rule: 'no test that is left out, and none that leaves the others out',
    files: tests,
    broken: has(/\b(it|test|describe)(\.\w+(\([^)]*\))?)*\.(skip|only|todo|skipIf|runIf|fails)\b|\bskip: true\b|\bctx\.skip\b/),
    // Skips what needs a program that is missing, counted and named.
    except: ['test/support/peers.ts'],
    planted: plant('it' + ".skip('x', () => {})"),
  },
  {
    rule: 'no shell between us and a program',
    files: code,
    broken: has(/\bshell: (true|')|(?<![.\w])exec(Sync)?\(|['"](sh|bash)['"], \[?['"]-c['"]/),
    planted: plant('exec' + "('rm -rf /')"),
  },
  {
    rule: 'no source longer than 300 lines',
    files: code,
    broken: ({ text }) => text.split('\n').length > 300,
    planted: plant('\n'.repeat(301)),
  },
  {
    rule: 'errors are made by their table',
    files: ['src/**/*.ts'],
    broken: has(/\bnew XopcError\(/),
    // The table's own maker, the two that rebuild what another process of ours answered, and the one that throws what a staged test found.
    except: ['src/lib/errors/error.ts', 'src/lib/client/call.ts', 'src/cli/start-in-background.ts', 'src/lib/core/pair-desk.ts'],
    planted: plant('throw new ' + "XopcError({ code: 'A' })"),
  },
  {
    rule: 'no line says it will be done later',
    files: ['src/**/*.ts', 'scripts/*', 'bin/*', 'test/**/*.ts', 'docs/**/*.md', '*.md'],
    broken: has(/\b(TO[D]O|FIX[M]E|XX[X])\b/),
    planted: plant('// TO' + 'DO later'),
  },
]

function onlyPassesOn(text: string): boolean {
  const { statements } = ts.createSourceFile('index.ts', text, ts.ScriptTarget.Latest)
  return statements.every((each) => ts.isExportDeclaration(each) || ts.isImportDeclaration(each))
}

describe.each(rules)('$rule', ({ files, broken, except = [], planted }) => {
  it('holds', () => {
    const found = sources(...files).filter((source) => broken(source) && !except.includes(source.path))
    expect(found.map(({ path }) => path)).toEqual([])
  })

  it('would be noticed', () => {
    expect(broken(planted)).toBe(true)
  })
})
