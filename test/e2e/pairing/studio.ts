import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { type Computers, createComputers, writeScript } from '../guide/computers.ts'
import { startWebServer } from '../guide/web-server.ts'
import { startBrowser } from '../page/house.ts'

/** The house of the pictures: a computer "home-server" of "anna" at 192.168.1.20, with a gateway and Caddy, so that nothing of the computer that runs the tests is in them. */
export interface Studio {
  readonly computers: Computers
  /** At home. */
  readonly browser: Browser
  readonly token: string
  /** Where Caddy leads to the gateway. */
  readonly url: string
}

/** Sets it up; it ends after the last test of the file. Throws what did not start. */
export async function openStudio(ip: string, chromium: string): Promise<Studio> {
  const names = { home: `xopc-ph${process.pid}`, other: `xopc-po${process.pid}` }
  const computers = await createComputers(ip, names)
  atEnd(computers.remove)
  await rename(computers)
  await startWebServer(computers, 'caddy')
  const file = '/etc/caddy/Caddyfile'
  // The name belongs to the namespace of the program that looks it up, so the gateway starts in one of its own.
  const named = `unshare --uts sh -euc 'echo home-server > /proc/sys/kernel/hostname; exec xopc gateway --background'`
  const trust = `xopc config set 'gateway.trustedProxies=["127.0.0.1"]'`
  const script = `${trust}; ${named}; xopc lan on; xopc proxy template caddy --domain gateway.example.com >> ${file}; systemctl reload caddy`
  const started = await computers.run('home', script)
  expect(started, started.stdout + started.stderr).toMatchObject({ code: 0 })
  const { stdout } = await computers.run('home', 'xopc gateway token --show')
  // The folder of a script that stands in for Chromium, which has to have the network of that computer.
  const folder = await tempFolder()
  await writeScript(folder, 'chromium', `exec '${ip}' netns exec ${names.home} '${chromium}' "$@"`)
  const browser = await startBrowser(join(folder, 'chromium'), ['--host-resolver-rules=MAP gateway.example.com 192.168.1.20'])
  return { computers, browser, token: stdout.trim(), url: 'https://gateway.example.com' }
}

/** The one user is called anna there. */
async function rename({ furniture }: Computers): Promise<void> {
  const file = join(furniture.etc, 'passwd')
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^root:/m, 'anna:'))
}
