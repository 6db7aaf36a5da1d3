import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway, xopc } from '../../support/gateway.ts'
import { errorIn } from '../cli/house.ts'

// What a hint tells to type has to work in the state that it is told in.
describe('a configuration that says remote and cannot be used', () => {
  let gateway: RunningGateway
  beforeAll(async () => {
    gateway = await startGateway()
  })

  const configs: [what: string, config: string, code: string][] = [
    ['names no gateway', "{ gateway: { mode: 'remote' /* mine */ } }", 'CONFIG_INVALID'],
    [
      'names no computer for ssh',
      "{ gateway: { mode: 'remote', remote: { url: 'http://127.0.0.1:1', transport: 'ssh' } /* mine */ } }",
      'CONFIG_INVALID',
    ],
    [
      'names a public address in the clear',
      "{ gateway: { mode: 'remote', remote: { url: 'http://example.com' } /* mine */ } }",
      'INSECURE_URL',
    ],
  ]

  it.each(configs)('is mended by `remote use` and by `remote off`: it %s', async (_what, config, code) => {
    const stateDir = await tempFolder()
    const file = join(stateDir, 'xopc.json')
    for (const words of [
      ['remote', 'use', gateway.url, '--pin', '--stdin'],
      ['remote', 'off'],
    ]) {
      await writeFile(file, config)
      expect(errorIn((await xopc(['status', '--json'], { stateDir })).stdout).code).toBe(code)
      expect(await xopc(words, { stateDir, input: gateway.token })).toMatchObject({ code: 0 })
      expect(await readFile(file, 'utf8')).toContain('/* mine */')
      const status = await xopc(['status', '--json'], { stateDir })
      expect([status.code, status.stdout.includes('"running": true')]).toEqual([0, words[1] === 'use'])
    }
  })
})
