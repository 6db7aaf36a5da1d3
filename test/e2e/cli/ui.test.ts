import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway, xopc } from '../../support/gateway.ts'
import { answers } from '../../support/ports.ts'
import { errorIn } from './house.ts'
import { startXopc } from './running.ts'

let gateway: RunningGateway
beforeAll(async () => {
  gateway = await startGateway()
})

function enter(link: string): Promise<Response> {
  const { origin, hash } = new URL(link)
  return fetch(`${origin}/xopc/ui/session`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ code: hash.slice('#code='.length) }),
  })
}

async function keyOf(link: string): Promise<string> {
  return ((await (await enter(link)).json()) as { key: string }).key
}

const placeOf = (link: string) => ({ host: '127.0.0.1', port: Number(new URL(link).port) })

describe('--no-open', () => {
  it('prints one link; the second use of it is refused; Ctrl-C ends it all', async () => {
    const ui = startXopc(['ui', '--no-open'], { stateDir: gateway.stateDir })
    await ui.says(/Ctrl-C ends it/)
    expect(ui.stdout()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#code=[\w-]{43}\n$/)
    const link = ui.stdout().trim()
    expect(await (await fetch(link)).text()).toContain('data-face="ui"')
    const headers = { 'x-xopc-token': await keyOf(link) }
    expect((await fetch(new URL('/xopc/api/overview', link), { headers })).status).toBe(200)
    const again = await enter(link)
    expect([again.status, await again.json()]).toEqual([401, expect.objectContaining({ code: 'UI_LINK_INVALID' })])
    const stream = await fetch(new URL('/xopc/api/events', link), { headers })
    const reader = (stream.body ?? new ReadableStream()).getReader()
    await reader.read()
    ui.kill('SIGINT')
    expect(await ui.ended).toBe(0)
    await expect(reader.read()).rejects.toThrow()
    expect(await answers(placeOf(link))).toBe(false)
  })

  it('--json says where it is at once', async () => {
    const ui = startXopc(['ui', '--no-open', '--json'], { stateDir: gateway.stateDir })
    await ui.says(/\}\n$/)
    expect(JSON.parse(ui.stdout())).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      link: expect.stringContaining('#code='),
    })
    ui.kill('SIGTERM')
    expect(await ui.ended).toBe(0)
  })

  it('leaves nothing behind when it is killed', async () => {
    const ui = startXopc(['ui', '--no-open'], { stateDir: gateway.stateDir })
    const [link] = await ui.says(/http:\S+/)
    expect(await answers(placeOf(link))).toBe(true)
    ui.kill('SIGKILL')
    await ui.ended
    expect(await answers(placeOf(link))).toBe(false)
    expect(await processesNaming(gateway.stateDir)).toEqual([gateway.pid])
  })
})

/** Whose environment names the state folder. */
async function processesNaming(stateDir: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) =>
      (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).includes(`XOPC_STATE_DIR=${stateDir}`) ? [Number(pid)] : [],
    ),
  )
  return found.flat()
}

describe('the browser', () => {
  /** An `xdg-open` that notes what it was given. */
  async function fakeOpener(lines: string): Promise<{ path: string; folder: string }> {
    const folder = await tempFolder()
    const program = join(folder, 'xdg-open')
    await writeFile(program, `#!/bin/sh\n${lines}\n`)
    await chmod(program, 0o755)
    return { path: `${folder}:${process.env['PATH'] ?? ''}`, folder }
  }

  it('gets the link through a file of ours alone: the code is in no argument', async () => {
    const folder = await tempFolder()
    const opener = await fakeOpener(
      `printf '%s\\n' "$#" "$@" > ${folder}/args; stat -c %a "$1" > ${folder}/mode; env > ${folder}/env; cp "$1" ${folder}/page; : > ${folder}/done`,
    )
    const ui = startXopc(['ui'], { stateDir: gateway.stateDir, env: { PATH: opener.path } })
    await ui.says(/The settings page is open in your browser: http:\/\/127\.0\.0\.1:\d+\n/)
    await expect.poll(() => readdir(folder)).toContain('done')
    const [count, file = ''] = (await readFile(join(folder, 'args'), 'utf8')).split('\n')
    expect([count, await readFile(join(folder, 'mode'), 'utf8')]).toEqual(['1', '600\n'])
    const link = /url=(http:[^"]+)"/.exec(await readFile(join(folder, 'page'), 'utf8'))?.[1] ?? ''
    const code = link.split('#code=')[1] ?? 'none'
    expect(file + ui.stdout() + ui.stderr() + (await readFile(join(folder, 'env'), 'utf8'))).not.toContain(code)
    expect(await readFile(join(folder, 'env'), 'utf8')).not.toContain('XOPC_')
    expect((await enter(link)).status).toBe(200)
    // Of no use any more, so it goes.
    await expect.poll(() => stat(file).catch(() => null)).toBeNull()
    ui.kill('SIGINT')
    expect(await ui.ended).toBe(0)
  })

  it.each([
    ['fails', 'exit 3'],
    ['is not there', null],
  ])('that %s: the link is printed', async (_, lines) => {
    const path = lines === null ? '/nonexistent' : (await fakeOpener(lines)).path
    const ui = startXopc(['ui'], { stateDir: gateway.stateDir, env: { PATH: path } })
    await ui.says(/#code=[\w-]{43}\n/)
    expect(ui.stderr()).toContain('No browser could be opened')
    expect((await readdir(join(gateway.stateDir, 'run'))).filter((name) => name.startsWith('ui-'))).toEqual([])
    ui.kill('SIGINT')
    expect(await ui.ended).toBe(0)
  })
})

it('--port is kept, and one that is taken is said', async () => {
  const first = startXopc(['ui', '--no-open'], { stateDir: gateway.stateDir })
  const [link] = await first.says(/http:\S+/)
  const { code, stdout } = await gateway.xopc(['ui', '--no-open', '--port', new URL(link).port, '--json'])
  expect([code, errorIn(stdout).code]).toEqual([1, 'UI_PORT_TAKEN'])
  first.kill('SIGINT')
  expect(await first.ended).toBe(0)
})

it('without a gateway there is nothing to show', async () => {
  const { code, stdout } = await xopc(['ui', '--no-open', '--json'])
  expect([code, errorIn(stdout).code]).toEqual([1, 'GATEWAY_NOT_RUNNING'])
})
