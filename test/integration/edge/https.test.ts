import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { atEnd } from '../../support/cleanup.ts'
import { ask, startEdge, TOKEN } from './support.ts'

const cert = await readFile('test/fixtures/tls/cert.pem', 'utf8')
const key = await readFile('test/fixtures/tls/key.pem', 'utf8')

it('an app over https is reached where its certificate is trusted, and refused where it is not', async () => {
  const server = createServer({ cert, key }, (req, res) => res.end(`${req.method} by ${req.headers.host}`))
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (ws) => ws.on('message', (data: Buffer) => ws.send(data)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(async () => {
    for (const ws of sockets.clients) ws.terminate()
    server.closeAllConnections()
    server.close()
  })
  const at = server.address()
  const authority = `localhost:${typeof at === 'object' && at !== null ? at.port : 0}`
  const wary = await startEdge({ upstream: { url: `https://${authority}` } })
  const refused = await ask(wary.port, '/')
  expect([refused.status, JSON.parse(refused.body)]).toEqual([502, expect.objectContaining({ code: 'UPSTREAM_TLS_INVALID' })])

  setDefaultCACertificates([...getCACertificates('default'), cert])
  const trusting = await startEdge({ upstream: { url: `https://${authority}` } })
  expect(await ask(trusting.port, '/')).toMatchObject({ status: 200, body: `GET by ${authority}` })
  const ws = new WebSocket(`ws://127.0.0.1:${trusting.port}/`, { headers: { Authorization: `Bearer ${TOKEN}` } })
  const answer = new Promise<string>((resolve, reject) => {
    ws.once('open', () => ws.send('hello'))
    ws.once('message', (data: Buffer) => resolve(data.toString()))
    ws.once('error', reject)
  })
  expect(await answer).toBe('hello')
  ws.terminate()
})
