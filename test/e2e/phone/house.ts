import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../../support/build.ts'
import { inOwnNames } from '../../support/hosts.ts'
import type { OtherComputer } from '../../support/netns.ts'
import type { Heard, StreamNews } from './phone.ts'
import type { Order } from './phone-program.ts'

/** A phone on a computer of its own. */
export interface PhoneRemote {
  join(
    link: string,
    name: string,
  ): Promise<{ baseUrl: string; lanUrl: string | null; connectUrls: string[]; gatewayId: string; publicKey: string }>
  /** Brings a code without keeping what comes of it. */
  exchange(link: string, name: string): Promise<Heard>
  /** A request with its token, by the first address at which the gateway proves itself. */
  ask(method: string, path: string, body?: unknown): Promise<Heard>
  /** From now on it holds an event stream. */
  listen(): Promise<void>
  /** What its stream lived through so far. */
  readonly news: readonly (StreamNews & { at: number })[]
  /** Resolves with the first news from `from` on of this kind. Throws what there was instead in 15 s. */
  hears(what: string | RegExp, from?: number): Promise<StreamNews & { at: number }>
}

/** Starts a phone there, to which the names lead as given. It ends after the last test of the file. Throws what it printed where it does not come up. */
export async function startPhone(other: OtherComputer, hosts: Record<string, string>, env: Record<string, string>): Promise<PhoneRemote> {
  const named = await inOwnNames({ hosts })
  const child = other.start(named([process.execPath, join(root, 'test/e2e/phone/phone-program.ts')]), {
    env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1', ...env },
    timeoutMs: 10 * 60_000,
  })
  const news: (StreamNews & { at: number })[] = []
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let printed = ''
  let next = 1
  const ready = Promise.withResolvers<void>()
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text))
  child.once('close', () => ready.reject(new Error(`the phone ended: ${printed}`)))
  createInterface({ input: child.stdout }).on('line', (line) => {
    // `as`: what the program of the phone prints.
    const said = JSON.parse(line) as { id?: number; result?: unknown; error?: string; news?: StreamNews; ready?: true }
    if (said.news) news.push({ ...said.news, at: Date.now() })
    if (said.ready) ready.resolve()
    const answer = waiting.get(said.id ?? 0)
    if (said.error === undefined) answer?.resolve(said.result)
    else answer?.reject(new Error(said.error))
  })
  await ready.promise

  async function tell<T>(order: Order): Promise<T> {
    const id = next++
    const answer = Promise.withResolvers<unknown>()
    waiting.set(id, answer)
    child.stdin.write(`${JSON.stringify({ id, order })}\n`)
    // `as`: what the program answers to this order.
    return (await answer.promise) as T
  }

  return {
    join: async (link, name) => await tell({ do: 'join', link, name }),
    exchange: async (link, name) => await tell({ do: 'exchange', link, name }),
    ask: async (method, path, body) => await tell({ do: 'ask', method, path, body }),
    listen: async () => await tell({ do: 'listen' }),
    news,
    async hears(what, from = 0) {
      for (const until = Date.now() + 15_000; Date.now() < until; await sleep(20)) {
        const found = news.slice(from).find((each) => (typeof what === 'string' ? each.what === what : what.test(each.what)))
        if (found) return found
      }
      throw new Error(`the phone did not hear ${String(what)}: ${JSON.stringify(news.slice(from))}`)
    },
  }
}
