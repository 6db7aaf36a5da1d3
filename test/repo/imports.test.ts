import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { root } from '../support/build.ts'
import { tempFolder } from '../support/cleanup.ts'
import { run } from '../support/run.ts'

/** One file each, planted in a copy of the sources, and the rule that must name it. */
const planted = {
  'commands/a.ts': ["import '../lib/core/live.ts'", 'commands: only by await import()'],
  'cli/a.ts': ["import '../lib/gateway/server.ts'", 'cli: only by await import()'],
  'cli/b.ts': ["import fs from 'node:fs'\nfs.rmSync('/')", 'files and processes: only system/'],
  'cli/c.ts': ["import './run-gateway.ts'", 'what runs a gateway is loaded lazily'],
  'lib/client/a.ts': ["import 'node:path'", 'browser-safe: ui/, client/ and protocol/ know no node: module'],
  'lib/client/b.ts': ["import '../core/xopc.ts'", 'client: only the types'],
  'lib/protocol/a.ts': ["import '../config/schema.ts'", 'protocol: its row names what it imports'],
  'lib/protocol/b.ts': ["import { hostname } from 'node:os'\nhostname()", 'browser-safe: ui/, client/ and protocol/ know no node: module'],
  'lib/gateway/a.ts': ["import '../supervisor/supervisor.ts'", 'gateway: its row names what it imports'],
  'lib/gateway/b.ts': [
    "import type { Supervisor } from '../supervisor/supervisor.ts'\nexport type A = Supervisor",
    'gateway: its row names what it imports',
  ],
  'lib/gateway/c.ts': ["import { execFile } from 'node:child_process'\nexecFile('true')", 'files and processes: only system/'],
  'lib/gateway/edge/zz.ts': ["import 'fastify'", 'fastify: only behind the edge'],
  'lib/core/a.ts': ["import '../access/lan/method.ts'", 'core: its row names what it imports'],
  'lib/core/b.ts': ["import '../errors/catalog.ts'", 'the catalogue is for the edges'],
  'lib/access/lan/a.ts': ["import '../proxy/config.ts'", 'no access method knows another'],
  'lib/access/lan/b.ts': ["import '../../config/schema.ts'", 'access: only the types'],
  'lib/access/lan/c.ts': ["import { createServer } from 'node:http'\ncreateServer()", 'sockets: only the gateway and the clients'],
  'lib/remote/a.ts': ["import '../config/schema.ts'", 'remote: its row names what it imports'],
  'lib/config/a.ts': ["import '../access/access-method.ts'", 'config: its row names what it imports'],
  'lib/state/a.ts': ["import '../identity/keypair.ts'", 'state: its row names what it imports'],
  'lib/identity/a.ts': ["import { readFileSync } from 'fs'\nreadFileSync('a')", 'files and processes: only system/'],
  'lib/supervisor/a.ts': ["import '../core/xopc.ts'", 'supervisor: its row names what it imports'],
  'lib/system/a.ts': ["import '../state/store.ts'", 'system: its row names what it imports'],
  'lib/system/b.ts': ["import '@inquirer/prompts'", 'the terminal: only cli/ and commands/'],
  'lib/system/c.ts': ["import 'vitest'", 'what ships is a dependency'],
  'lib/system/d.ts': ["import './nowhere.ts'", 'every import is found'],
  'lib/errors/a.ts': ["import '../system/paths.ts'", 'errors: its row names what it imports'],
  'lib/state/ring-a.ts': ["import type { B } from './ring-b.ts'\nexport type A = B", 'no cycles'],
} as const

const otherHalves = {
  'lib/state/ring-b.ts': "import type { A } from './ring-a.ts'\nexport type B = A | 1",
  'lib/errors/catalog.ts': 'export const none = 1',
}

let findings: string

beforeAll(async () => {
  const copy = await tempFolder()
  for (const part of ['src', 'package.json']) await cp(join(root, part), join(copy, part), { recursive: true })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const [file, text] of [
    ...Object.entries(planted).map(([name, [source]]) => [name, source] as const),
    ...Object.entries(otherHalves),
  ]) {
    await mkdir(dirname(join(copy, 'src', file)), { recursive: true })
    await writeFile(join(copy, 'src', file), `${text}\n`)
  }
  findings = (await run([process.execPath, 'scripts/check-imports.ts', copy], { cwd: root, timeoutMs: 100_000 })).stderr
})

it.each(Object.entries(planted))('finds what is planted in %s', (file, [, rule]) => {
  const found = findings.split('\n').some((line, index, lines) => line === rule && lines[index + 1]?.includes(`src/${file} imports`))
  expect(found, `${rule}, in:\n${findings}`).toBe(true)
})

it('says so when it looked at nothing', async () => {
  const empty = await tempFolder()
  await mkdir(join(empty, 'src'))
  await cp(join(root, 'package.json'), join(empty, 'package.json'))
  const ran = await run([process.execPath, 'scripts/check-imports.ts', empty], { cwd: root })
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('proves nothing') })
})
