import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { createLaptop, type Home, type Laptop, openHome } from '../e2e/remote/direct-house.ts'
import { createTestCa, type TestCa } from '../support/certs.ts'
import { needsPeer } from '../support/peers.ts'

// The client's half: the token for a gateway elsewhere is in its file and in its request, and nowhere that others look.

/** Arguments of every process of this computer, again and again until told to end; those with one of the texts. */
function watchArguments(texts: readonly string[]): { end(): Promise<string[]> } {
  const found = new Set<string>()
  let [looking, looks] = [true, 0]
  const looked = (async () => {
    for (; looking; looks++) {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        const words = argumentsOf(pid)
        if (texts.some((text) => words.includes(text))) found.add(words)
      }
      await delay(2)
    }
  })()
  return {
    async end() {
      looking = false
      await looked
      expect(looks).toBeGreaterThan(10)
      return [...found]
    },
  }
}

function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}

needsPeer(['own-hosts', 'caddy-2.11'], 'the token for a gateway elsewhere', (_, caddy) => {
  let ca: TestCa
  let home: Home
  beforeAll(async () => {
    ca = await createTestCa()
    home = await openHome(caddy, ca)
  })

  const wrong = 'd0d1d2d3'.repeat(6)
  /** Uses it in every way, and gives what was printed. */
  async function useIt(laptop: Laptop): Promise<string> {
    const { token } = home.gateway
    const env = { XOPC_GATEWAY_URL: home.url, XOPC_GATEWAY_TOKEN: token }
    const ran = [
      await laptop.xopc(['remote', 'use', home.url, '--stdin'], { input: token }),
      await laptop.xopc(['remote', 'use', home.url, '--stdin', '--json'], { input: token }),
      await laptop.xopc(['remote', 'use', '--json']),
      await laptop.xopc(['remote', 'status', '--json']),
      await laptop.xopc(['status', '--json'], { env }),
      await laptop.xopc(['gateway', 'status']),
      await laptop.xopc(['config', 'get']),
      await laptop.xopc(['config', 'get', '--json']),
      await laptop.xopc(['config', 'validate', '--json'], { env }),
      await laptop.xopc(['status', '--json'], { env: { ...env, XOPC_GATEWAY_TOKEN: wrong } }),
      await laptop.xopc(['status'], { env: { ...env, XOPC_GATEWAY_URL: home.url.replace('gateway', 'nowhere') } }),
      await laptop.xopc(['remote', 'use', home.url, '--stdin'], { input: wrong }),
      await laptop.xopc(['status', '--url', `https://anna:${token}@gateway.test`]),
      await laptop.xopc(['status', '--url', `${home.url}/?token=${token}`, '--json']),
      await laptop.xopc(['remote', 'use', `https://anna:${wrong}@gateway.test`]),
      await laptop.xopc(['remote', 'off']),
    ]
    expect(ran.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 0])
    return ran.map(({ stdout, stderr }) => stdout + stderr).join('\n')
  }

  it('is printed by none of the commands, and stands in one file', async () => {
    const laptop = await createLaptop(ca)
    const printed = await useIt(laptop)
    for (const secret of [home.gateway.token, wrong]) expect(printed).not.toContain(secret)
    const files = readdirSync(laptop.stateDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const holding = files.filter(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8').includes(home.gateway.token))
    expect(holding.map(({ name }) => name)).toEqual(['xopc.json'])
    expect((await home.gateway.log()) + home.gateway.output()).not.toContain(home.gateway.token)
  })

  it('is in the arguments of no process, but where a person wrote it there', async () => {
    const laptop = await createLaptop(ca)
    const watched = watchArguments([home.gateway.token])
    await laptop.xopc(['remote', 'use', home.url, '--stdin'], { input: home.gateway.token })
    await laptop.xopc(['status'])
    await laptop.xopc(['devices', 'list'])
    await laptop.xopc(['remote', 'off'])
    expect(await watched.end()).toEqual([])
    // It would be seen.
    const again = watchArguments([home.gateway.token])
    await laptop.xopc(['status', '--url', `https://anna:${home.gateway.token}@gateway.test`])
    expect((await again.end()).length).toBeGreaterThan(0)
  })
})
