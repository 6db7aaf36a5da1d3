import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../support/build.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { run, start, type Ran } from '../../support/run.ts'
import { blocksOf, type Block } from './guide-blocks.ts'

const pages = readdirSync(join(root, 'docs/guide'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => name.slice(0, -'.md'.length))

describe('the settings in the guide', () => {
  for (const page of pages) {
    for (const block of blocksOf(page).filter(({ language }) => language === 'json5')) {
      it(`${page}, line ${block.line}, is a valid configuration`, async () => {
        const file = join(await tempFolder(), 'xopc.json')
        await writeFile(file, block.text, { mode: 0o600 })
        const env = { ...process.env, XOPC_STATE_DIR: dirname(file), MY_GATEWAY_TOKEN: 'f00dfeed'.repeat(6) }
        const ran = await run([process.execPath, join(root, 'bin/run.js'), 'config', 'validate', '--json'], { env })
        expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
      })
    }
  }
})

// Two computers of our own, so that the addresses and ports of the page can be taken at their word.
needsPeer('netns', 'the commands in the guide', (ip) => {
  for (const page of pages) {
    describe(page, () => {
      const name = { home: `xopc-gh${process.pid}-${pages.indexOf(page)}`, other: `xopc-go${process.pid}-${pages.indexOf(page)}` }
      let env: NodeJS.ProcessEnv = {}
      let server: ReturnType<typeof start> | undefined
      const inside = (where: 'home' | 'other', text: string, exports: NodeJS.ProcessEnv = {}): Promise<Ran> =>
        run([ip, 'netns', 'exec', name[where], 'sh', '-eu', '-c', text], { env: { ...env, ...exports }, timeoutMs: 60_000 })

      beforeAll(async () => {
        env = await environment()
        await network(ip, name)
        server = await app(ip, name.home)
      })
      afterAll(async () => {
        await inside('home', 'xopc gateway stop || true')
        server?.kill('SIGKILL')
        for (const each of Object.values(name)) await run([ip, 'netns', 'del', each])
      })

      for (const block of blocksOf(page).filter(({ language }) => language === 'sh')) {
        it(`line ${block.line}: ${block.text.trim().split('\n').at(-1)}`, async () => {
          const token = block.other ? (await inside('home', 'xopc gateway token --show')).stdout.trim() : null
          const ran = await inside(block.other ? 'other' : 'home', block.text, token === null ? {} : { TOKEN: token })
          judge(block, ran)
        })
      }
    })
  }
})

function judge(block: Block, ran: Ran): void {
  const said = `${ran.stdout}${ran.stderr}`
  expect(ran.code, said).toBe(block.exit)
  if (block.expect !== null) expect(said).toContain(block.expect)
}

/** A home of its own with `xopc` on the path. */
async function environment(): Promise<NodeJS.ProcessEnv> {
  const home = await tempFolder()
  const bin = join(home, 'bin')
  await mkdir(bin)
  await symlink(join(root, 'bin/run.js'), join(bin, 'xopc'))
  await chmod(join(root, 'bin/run.js'), 0o755)
  const kept = Object.entries(process.env).filter(([key]) => !/^(XOPC_|VITEST|NODE_)/.test(key))
  return { ...Object.fromEntries(kept), HOME: home, NO_COLOR: '1', PATH: [bin, dirname(process.execPath), process.env['PATH']].join(':') }
}

/** `home` is 192.168.1.20, `other` is 192.168.1.30, with a cable between them and nothing else. */
async function network(ip: string, name: { home: string; other: string }): Promise<void> {
  const commands = [
    `netns add ${name.home}`,
    `netns add ${name.other}`,
    `link add eth0 netns ${name.home} type veth peer name eth0 netns ${name.other}`,
    `-n ${name.home} addr add 192.168.1.20/24 dev eth0`,
    `-n ${name.other} addr add 192.168.1.30/24 dev eth0`,
    ...Object.values(name).flatMap((each) => [`-n ${each} link set lo up`, `-n ${each} link set eth0 up`]),
  ]
  for (const command of commands) expect(await run([ip, ...command.split(' ')]), command).toMatchObject({ code: 0 })
}

/** The app on port 3000 that the pages speak of. */
async function app(ip: string, name: string): Promise<ReturnType<typeof start>> {
  const serve = `require('node:http').createServer((q, r) => r.end('app')).listen(3000, '127.0.0.1', () => console.log('ready'))`
  const child = start([ip, 'netns', 'exec', name, process.execPath, '-e', serve], { timeoutMs: 120_000 })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}
