import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../support/build.ts'
import { run } from '../support/run.ts'
import { sources } from '../support/sources.ts'

/** The attacks of this version. Each is a test by its id, or one for each side, with a patch of the same name that takes the defence out. */
const ids =
  'A01 A02 A03 A04 A05 A06 A08 A09 A11 A12 A13 A16 A17 A21 A23 A24 A26 A28 A29 A30 A32 A33 A34 A35 A36 A37 A39 A41 A43 A44 A45 A47 A48 A53 A54 A55 A56 A58 A59 A60 A61 A63 A64 A67 A69 A71 A72 A73 A74 A76 A77 A78 A79 A80 A81 A82 A83 A84 A86 A87 A88 A89 A90 A91 A92 A93'.split(
    ' ',
  )

const files = sources('test/security/*')

it.each(ids)('%s is tried, and its patch takes out only our code', (id) => {
  const own = files.filter(({ path }) => new RegExp(`/${id}\\b`).test(path))
  const named = (end: string) => own.flatMap(({ path }) => (path.endsWith(end) ? [path.slice(0, -end.length)] : []))
  expect(named('.patch').toSorted()).toEqual(named('.test.ts').toSorted())
  expect(named('.patch')).not.toEqual([])
  const patched = own.flatMap(({ path, text }) =>
    path.endsWith('.patch') ? [...text.matchAll(/^\+\+\+ (\S+)/gm)].map((match) => match[1]) : [],
  )
  expect(patched.filter((file) => !file?.startsWith('b/src/') && !file?.startsWith('b/bin/'))).toEqual([])
})

it('patches apply to what is here', async () => {
  const patches = files.filter(({ path }) => path.endsWith('.patch')).map(({ path }) => path)
  // A repository above this folder would be taken for the one that the paths begin at.
  const options = { cwd: root, env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(root) } }
  const said = await Promise.all(patches.map(async (path) => ({ path, ...(await run(['git', 'apply', '--check', path], options)) })))
  expect(said.filter(({ code }) => code !== 0).map(({ path, stderr }) => `${path}: ${stderr}`)).toEqual([])
})
