import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Peer } from './peers.ts'

/** What one run of wrk saw. */
export interface Load {
  /** Requests a second. */
  rate: number
  /** Milliseconds. */
  p50: number
  p99: number
}

/** One thread, 32 connections that stay open, on one core or (null) on any. Throws where an answer was not 2xx or a connection failed. */
export async function load(
  wrk: Peer,
  given: { url: string; token: string; seconds: number; core: number | null; headers?: readonly string[] },
): Promise<Load> {
  const { url, token, seconds, core, headers = [] } = given
  const said = [`Authorization: Bearer ${token}`, ...headers].flatMap((header) => ['-H', header])
  const args = ['-t1', '-c32', `-d${seconds}s`, '--latency', ...said, url]
  const [program, words] = core === null ? [wrk.path, args] : ['taskset', ['-c', String(core), wrk.path, ...args]]
  const { stdout } = await promisify(execFile)(program, words, { timeout: (seconds + 20) * 1000 })
  return parse(stdout)
}

/** Reads what wrk 4 prints. Throws where the run had errors. */
function parse(text: string): Load {
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`the load was not answered cleanly:\n${text}`)
  return { rate: Number(field(text, /Requests\/sec:\s+([\d.]+)/)), p50: milliseconds(text, '50%'), p99: milliseconds(text, '99%') }
}

function milliseconds(text: string, share: string): number {
  const found = new RegExp(`^\\s+${share}\\s+([\\d.]+)(us|ms|s)$`, 'm').exec(text)
  const perUnit = { us: 0.001, ms: 1, s: 1000 }[found?.[2] ?? '']
  if (found === null || perUnit === undefined) throw new Error(`wrk did not say its ${share}:\n${text}`)
  return Number(found[1]) * perUnit
}

function field(text: string, pattern: RegExp): string {
  const value = pattern.exec(text)?.[1]
  if (value === undefined) throw new Error(`wrk did not say ${pattern.source}:\n${text}`)
  return value
}
