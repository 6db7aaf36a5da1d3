import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../support/build.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { run, type Ran } from '../../support/run.ts'
import { type Computers, createComputers } from '../guide/computers.ts'
import { startWebServer, type WebServer } from '../guide/web-server.ts'
import { runWhileJoining } from '../pairing/joining.ts'
import { type Block, blocksOf, guidePages } from './guide-blocks.ts'

describe('the settings in the guide', () => {
  for (const page of guidePages) {
    for (const block of blocksOf(page).filter(({ language }) => language === 'json5')) {
      it(`${page}, line ${block.line}, is a valid configuration`, async () => {
        const file = join(await tempFolder(), 'xopc.json')
        await writeFile(file, block.text, { mode: 0o600 })
        const env = { ...process.env, ...variablesIn(block.text), XOPC_STATE_DIR: dirname(file) }
        const ran = await run([process.execPath, join(root, 'bin/run.js'), 'config', 'validate', '--json'], { env })
        expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
      })
    }
  }
})

/** A secret for each `${NAME}`. */
function variablesIn(text: string): NodeJS.ProcessEnv {
  const names = [...text.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? '')
  return Object.fromEntries(names.map((name, index) => [name, `f00dfeed${index}`.repeat(6)]))
}

/** A page that has blocks for a proxy is walked through once with each. */
function serversOf(page: string): (WebServer | null)[] {
  const servers = (['nginx', 'caddy'] as const).filter((server) => commandsOf(page, null).some(({ words }) => words.has(server)))
  return servers.length === 0 ? [null] : servers
}

/** What is typed with this proxy; `null`: everything. */
function commandsOf(page: string, server: WebServer | null): Block[] {
  const others = (['nginx', 'caddy'] as const).filter((each) => server !== null && each !== server)
  return blocksOf(page).filter(({ language, words }) => language === 'sh' && !others.some((other) => words.has(other)))
}

/** What is typed otherwise, so that nobody has to wait for more than a minute. */
const hastened = [['--idle 65', '--idle 3']] as const

// What takes a second computer with ssh is tried in test/e2e/ssh.
const walks = guidePages
  .filter((page) => commandsOf(page, null).length > 0)
  .flatMap((page) => serversOf(page).map((server) => ({ page, server })))

for (const [index, { page, server }] of walks.entries()) {
  const title = server === null ? page : `${page}, with ${server}`
  needsPeer(['netns', ...(server === null ? [] : [server])], `the commands in the guide: ${title}`, (ip) => {
    let computers: Computers
    beforeAll(async () => {
      const id = `${process.pid}-${index}`
      computers = await createComputers(ip, { home: `xopc-gh${id}`, other: `xopc-go${id}` })
      if (server !== null) await startWebServer(computers, server)
      await startApp(computers)
    })
    afterAll(async () => {
      await computers.run('home', 'xopc gateway stop || true')
      await computers.remove()
    })

    for (const block of commandsOf(page, server)) {
      it(`line ${block.line}: ${block.text.trim().split('\n').at(-1)}`, async () => {
        judge(block, await walk(computers, block))
      })
    }
  })
}

async function walk(computers: Computers, { text, words }: Block): Promise<Ran> {
  const script = hastened.reduce((all, [slow, fast]) => all.replaceAll(slow, fast), text)
  for (const who of ['phone', 'browser'] as const) if (words.has(who)) return await runWhileJoining(computers, script, who)
  if (!words.has('other')) return await computers.run('home', script)
  const { stdout } = await computers.run('home', 'xopc gateway token --show')
  return await computers.run('other', script, { TOKEN: stdout.trim() })
}

function judge(block: Block, ran: Ran): void {
  const said = `${ran.stdout}${ran.stderr}`
  expect(ran.code, said).toBe(block.exit)
  if (block.expect !== null) expect(said).toContain(block.expect)
}

/** The app on port 3000 that the pages speak of. */
async function startApp(computers: Computers): Promise<void> {
  const serve = `require('node:http').createServer((q, r) => r.end('app')).listen(3000, '127.0.0.1', () => console.log('ready'))`
  const child = computers.start('home', `exec node -e "${serve}"`)
  await new Promise((resolve) => child.stdout.once('data', resolve))
}
