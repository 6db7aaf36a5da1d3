import { expect } from 'vitest'
import { catalog } from '../../../src/lib/errors/catalog.ts'
import { xopc, type XopcOptions } from '../../support/gateway.ts'
import type { Ran } from '../../support/run.ts'

/** What `--json` says of a refusal. */
export interface Refusal {
  code: string
  message: string
  hint?: string
  docs: string
  problems?: { code: string; path: string; line: number | null; message: string }[]
}

/** Runs `xopc` twice, for a person and with `--json`, and expects the same refusal both times: short, with a code of the catalogue and its exit code. */
export async function refused(
  args: readonly string[],
  options: XopcOptions = {},
): Promise<Refusal & { told: string; exit: number | null }> {
  const human = await xopc(args, { timeoutMs: 25_000, ...options })
  const json = await xopc([...args, '--json'], { timeoutMs: 25_000, ...options })
  const error = refusalIn(json)
  expect(json.code, json.stdout).toBe(human.code)
  expectForPeople(human, error)
  return { ...error, told: human.stderr, exit: human.code }
}

/** The error that a command with `--json` printed: its code is in the catalogue. */
export function refusalIn({ stdout, stderr }: Ran): Refusal {
  // `as`: the tests that follow say what it must be.
  const { error } = JSON.parse(stdout || `{"error":{"code":${JSON.stringify(stderr)}}}`) as { error: Refusal }
  expect(Object.keys(catalog)).toContain(error.code)
  return error
}

/** What happened, what to type next and where it is explained; nothing twice, no stack, nothing that a terminal would obey. */
function expectForPeople({ code, stdout, stderr }: Ran, error: Refusal): void {
  expect(stdout).toBe('')
  expect([1, 2, 3]).toContain(code)
  expect(stderr).toMatch(/^Error: /m)
  expect(stderr).not.toMatch(/^ {2,}at /m)
  expect(stderr).not.toMatch(/[^\P{C}\n]/u)
  expect(stderr.length).toBeLessThan(2000)
  const lines = stderr.split('\n').filter(Boolean)
  expect(lines.length).toBeLessThanOrEqual(4 + (error.problems?.length ?? 0))
  expect(lines.at(-1)).toBe(`(${error.code}, explained in ${error.docs})`)
  expect(new Set(lines).size).toBe(lines.length)
}
