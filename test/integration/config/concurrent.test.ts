import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import JSON5 from 'json5'
import { describe, expect, it } from 'vitest'
import { editConfig } from '../../../src/lib/config/edit.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { type Ran, run, start } from '../../support/run.ts'

const writer = join(import.meta.dirname, '../../fixtures/config-writer.ts')
const text = `{
  // how guessing is slowed down
  gateway: {
    port: 1,
    maxSseConnections: 1, /* streams */
    auth: { rateLimit: { maxAttempts: 1, windowMs: 1000, blockDurationMs: 1000 } },
  },
}
`
const numbers = ['11', '12', '13', '14', '15', '16', '17', '18']

async function house(): Promise<{ folder: string; path: string }> {
  const folder = await tempFolder()
  const path = join(folder, 'xopc.json')
  await writeFile(path, text)
  return { folder, path }
}

function write(path: string, ...args: string[]): Promise<Ran> {
  return run([process.execPath, writer, ...args], { env: { ...process.env, XOPC_CONFIG: path } })
}

describe('several programs that edit one file', () => {
  it('lose no change and no comment', async () => {
    const { folder, path } = await house()
    const keys = ['gateway.port', 'gateway.maxSseConnections', 'gateway.auth.rateLimit.maxAttempts', 'gateway.tailscale.httpsPort']
    const ran = await Promise.all(keys.map((key) => write(path, 'set', key, ...numbers)))
    expect(ran.map(({ code, stderr }) => [code, stderr])).toEqual(keys.map(() => [0, '']))
    const after = await readFile(path, 'utf8')
    expect(JSON5.parse(after)).toMatchObject({
      gateway: { port: 18, maxSseConnections: 18, auth: { rateLimit: { maxAttempts: 18 } }, tailscale: { httpsPort: 18 } },
    })
    expect(after).toContain('// how guessing is slowed down')
    expect(after).toContain('/* streams */')
    expect(await readdir(folder)).toEqual(['xopc.json'])
  })

  it('count exactly when each goes by the ETag', async () => {
    const { path } = await house()
    await Promise.all([1, 2, 3].map(() => write(path, 'add', 'gateway.maxSseConnections', '10')))
    expect(JSON5.parse(await readFile(path, 'utf8'))).toMatchObject({ gateway: { maxSseConnections: 31 } })
  })

  it('are not held up by one that was killed, and its edit is whole or not there', async () => {
    const { path } = await house()
    const many = Array.from({ length: 2000 }, (_, index) => String(index + 20))
    const killed = start([process.execPath, writer, 'set', 'gateway.port', ...many], { env: { ...process.env, XOPC_CONFIG: path } })
    const gone = new Promise((resolve) => killed.once('exit', resolve))
    await changed(path)
    killed.kill('SIGKILL')
    await gone
    const before = Date.now()
    await editConfig({ env: {}, path, edits: { 'gateway.maxSseConnections': 7 } })
    expect(Date.now() - before).toBeLessThan(3000)
    const after = JSON5.parse<{ gateway: { port: number; maxSseConnections: number } }>(await readFile(path, 'utf8'))
    expect(after.gateway.maxSseConnections).toBe(7)
    expect(after.gateway.port).toBeGreaterThanOrEqual(20)
  })
})

/** Waits until somebody has edited the file. */
async function changed(path: string): Promise<void> {
  while ((await readFile(path, 'utf8')) === text) await new Promise((resolve) => setImmediate(resolve))
}
