import type { IncomingMessage, ServerResponse } from 'node:http'
import { dressOwn } from './reply.ts'

/** A browser asks for the script of a service worker: a new one, or (past the worker itself) whether one that it has is still current. */
export function asksForWorker({ headers }: IncomingMessage): boolean {
  return headers['service-worker'] === 'script'
}

/** A worker that takes itself away and shows the pages under it anew, without it. */
const script = `addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(leave()))
async function leave() {
  await registration.unregister()
  for (const client of await clients.matchAll({ type: 'window' })) client.navigate(client.url)
}
`

/**
 * Takes a worker of an app out of the browser. One that outlived its app, or the device that it was let in with, would still stand before every
 * page of this address, and see what is typed there (attack A89); a refusal would let it stay.
 */
export function endWorker(res: ServerResponse): void {
  dressOwn(res)
  res.writeHead(200, { 'Content-Type': 'text/javascript; charset=utf-8', 'Content-Length': Buffer.byteLength(script) })
  res.end(script)
}
