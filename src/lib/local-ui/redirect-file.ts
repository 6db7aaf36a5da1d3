import { join } from 'node:path'
import { createExclusive, look, remove } from '../system/files.ts'
import { listFolder, requirePrivateDir } from '../system/folders.ts'
import { LINK_MS } from './entrance.ts'

const NAME = /^ui-\d+[.]html$/

/**
 * A page (0600) that leads a browser to the link, so that its code is in no program's arguments, which every user of the computer can read.
 * What an `xopc ui` that was killed left is taken away. Throws `FOLDER_NOT_PRIVATE`, `STATE_NOT_OURS`, `FILE_NOT_WRITABLE`, `DISK_FULL`.
 */
export async function writeRedirect(folder: string, { port, link, now }: { port: number; link: string; now: number }): Promise<string> {
  await requirePrivateDir(folder)
  for (const name of (await listFolder(folder)) ?? [])
    if (NAME.test(name) && (await isOver(join(folder, name), now))) await remove(join(folder, name))
  const path = join(folder, `ui-${port}.html`)
  // Of an earlier server on this port, which is ours now.
  await remove(path)
  await createExclusive(path, pageTo(link), { mode: 0o600, durable: false })
  return path
}

async function isOver(path: string, now: number): Promise<boolean> {
  const facts = await look(path)
  return facts !== null && now - facts.changedAt > LINK_MS
}

/** The link is made of our own letters: an address, a port and base64url. */
function pageTo(link: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url=${link}">
<title>xopc</title>
<p><a href="${link}" rel="noreferrer">Open the settings page</a></p>
</html>
`
}
