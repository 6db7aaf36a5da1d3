import ts from 'typescript'
import { expect, it } from 'vitest'
import { sources, type Source } from '../support/sources.ts'

/** Exported names without a doc comment, as `file:line name`. What only passes a name on is documented where it is declared. */
function undocumented({ path, text }: Source): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const exported = file.statements.filter(
    (each) => ts.canHaveModifiers(each) && each.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword),
  )
  const bare = exported.filter((each) => !ts.getJSDocCommentsAndTags(each).some((comment) => comment.comment))
  return bare
    .filter((each) => !isOverload(each, exported))
    .map((each) => `${path}:${file.getLineAndCharacterOfPosition(each.getStart()).line + 1} ${nameOf(each)}`)
}

/** The first of several signatures carries the comment. */
function isOverload(statement: ts.Statement, all: readonly ts.Statement[]): boolean {
  return ts.isFunctionDeclaration(statement) && all.find((each) => nameOf(each) === nameOf(statement)) !== statement
}

function nameOf(statement: ts.Statement): string {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText()).join(', ')
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement)
  return (named && statement.name?.text) || 'default'
}

it('every exported name says what it gives', () => {
  // A command says it in `static summary`, which is what --help and docs/cli.md are made of.
  const isCommand = (found: string) => /^src\/commands\/\S+ [A-Z]\w*$|^src\/commands\/\S+ default$/.test(found)
  const bare = sources('src/**/*.ts', 'test/support/*.ts').flatMap(undocumented)
  expect(bare.filter((found) => !isCommand(found))).toEqual([])
})

it('finds a name that says nothing', () => {
  const text = '/** Says it. */\nexport const a = 1\nexport function b() {}\nconst c = 1\n/** Says it. */\nexport type D = 1\n'
  expect(undocumented({ path: 'x.ts', text })).toEqual(['x.ts:3 b'])
})
