import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, globSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/**
 * `npm run attacks:mutate`: proves that every attack test holds its defence. In a copy of the repository, each `test/security/A<id>.patch` takes
 * one defence out, and the test of the same name must be green before and red after. `--only A13,A16` takes only these, and `A13-<name>` one
 * side of an attack; `--others` also runs the other attack tests on each patched copy and names those that turn red with it. Ends with 1 when
 * one did not behave.
 */
interface Verdict {
  /** `A13-forwarded-from-strangers`; an attack may have several, one for each side. */
  id: string
  ok: boolean
  said: string
}

/** vitest's JSON report, as far as it is read here. */
interface Report {
  testResults: { name: string; message: string; assertionResults: { status: string; fullName: string }[] }[]
}

const root = join(import.meta.dirname, '..')
const others = process.argv.includes('--others')
const testMs = 5 * 60_000

const tests = filesOf('test.ts')
const patches = filesOf('patch')
const lonely = [
  ...[...tests.keys()].filter((id) => !patches.has(id)).map((id) => ({ id, ok: false, said: 'has a test and no patch' })),
  ...[...patches.keys()].filter((id) => !tests.has(id)).map((id) => ({ id, ok: false, said: 'has a patch and no test' })),
]
const only = asked()
const verdicts: Verdict[] = only ? [] : lonely
const ids = [...tests.keys()].filter((id) => patches.has(id) && (!only || only.some((given) => [id, attackOf(id)].includes(given))))

const copy = mkdtempSync(join(tmpdir(), 'xopc-attacks-'))
// Some tests run xopc as another user, who has to find it here.
chmodSync(copy, 0o711)
try {
  copyRepository(copy)
  for (const id of ids) {
    const verdict = judge(id, tests.get(id) ?? '', patches.get(id) ?? '')
    console.log(line(verdict))
    verdicts.push(verdict)
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}

const bad = verdicts.filter(({ ok }) => !ok)
console.log(['', ...verdicts.toSorted((a, b) => a.id.localeCompare(b.id)).map(line)].join('\n'))
console.log(`${verdicts.length - bad.length} defences held by their test, ${bad.length} not`)
process.exitCode = bad.length === 0 && verdicts.length > 0 ? 0 : 1

function judge(id: string, test: string, patch: string): Verdict {
  const before = runTests(test)
  if (before.red.length > 0 || before.green.length === 0) return { id, ok: false, said: `not green before the patch: ${before.trouble}` }
  const applied = apply(patch)
  if (applied) return { id, ok: false, said: `patch does not apply: ${applied}` }
  const verdict = afterPatch(id, test)
  const back = apply(patch, '-R')
  if (back) throw new Error(`${patch} could not be taken back: ${back}`)
  return verdict
}

function afterPatch(id: string, test: string): Verdict {
  const build = spawnSync(process.execPath, ['scripts/build.ts'], { cwd: copy, encoding: 'utf8', timeout: testMs })
  if (build.status !== 0) return { id, ok: false, said: `does not build with the patch: ${firstLine(build.stderr)}` }
  const after = runTests(test)
  if (after.red.length === 0)
    return { id, ok: false, said: after.green.length > 0 ? 'stays green without its defence' : `did not run: ${after.trouble}` }
  const also = others ? runTests('test/security').redFiles.filter((file) => file !== basename(test)) : []
  return {
    id,
    ok: also.length === 0,
    said: also.length === 0 ? `red: ${after.red.length}, first: ${after.red[0]?.slice(0, 90)}` : `red, and so is ${also.join(', ')}`,
  }
}

function runTests(path: string): { green: string[]; red: string[]; redFiles: string[]; trouble: string } {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const argv = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', path, '--reporter=json', `--outputFile=${report}`]
  const ran = spawnSync(process.execPath, argv, { cwd: copy, encoding: 'utf8', timeout: testMs, killSignal: 'SIGKILL' })
  const results = readReport(report, ran.stderr)
  const named = (status: string) =>
    results.flatMap((file) => file.assertionResults.filter((each) => each.status === status).map((each) => each.fullName))
  const redFiles = results
    .filter((file) => file.assertionResults.some(({ status }) => status === 'failed'))
    .map((file) => basename(file.name))
  const trouble = [...named('failed'), ...results.map(({ message }) => firstLine(message)), firstLine(ran.stderr)]
    .filter(Boolean)
    .join('; ')
  return { green: named('passed'), red: named('failed'), redFiles, trouble }
}

function readReport(path: string, stderr: string): Report['testResults'] {
  try {
    // vitest's own format; a field that is missing throws where it is read.
    return (JSON.parse(readFileSync(path, 'utf8')) as Report).testResults
  } catch (cause) {
    throw new Error(`vitest left no report: ${stderr}`, { cause })
  }
}

/** Gives what git said when it refused, else nothing. */
function apply(patch: string, ...options: string[]): string {
  // Without the ceiling git would look for a repository above the copy and take the paths from its top.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(copy) }
  const ran = spawnSync('git', ['apply', ...options, join(root, patch)], { cwd: copy, encoding: 'utf8', env, timeout: 30_000 })
  return ran.status === 0 ? '' : firstLine(ran.stderr) || 'git apply failed'
}

/** What is in the working tree, tracked or not yet, with the packages linked. */
function copyRepository(target: string): void {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'], {
    cwd: root,
    encoding: 'utf8',
  })
  // A file that is deleted and not committed yet is still listed.
  const files = list.split('\0').filter((file) => file && lstatSync(join(root, file), { throwIfNoEntry: false })?.isFile())
  for (const file of files) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    copyFileSync(join(root, file), join(target, file))
  }
  symlinkSync(join(root, 'node_modules'), join(target, 'node_modules'))
}

function filesOf(kind: string): Map<string, string> {
  return new Map(globSync(`test/security/A*.${kind}`, { cwd: root }).map((file) => [basename(file, `.${kind}`), file]))
}

function asked(): string[] | null {
  const at = process.argv.indexOf('--only')
  const given = at < 0 ? null : (process.argv[at + 1] ?? '').split(',')
  const known = [...tests.keys()].filter((id) => patches.has(id)).flatMap((id) => [id, attackOf(id)])
  const unknown = given?.filter((id) => !known.includes(id)) ?? []
  if (unknown.length > 0) throw new Error(`no test or no patch for ${unknown.join(', ')}`)
  return given
}

function attackOf(id: string): string {
  return /^A\d+/.exec(id)?.[0] ?? id
}

function line({ id, ok, said }: Verdict): string {
  return `${ok ? 'ok    ' : 'FAILED'} ${id.padEnd(34)} ${said}`
}

function firstLine(text: string | null): string {
  return text?.trim().split('\n')[0] ?? ''
}
