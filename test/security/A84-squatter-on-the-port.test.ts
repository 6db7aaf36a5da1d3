import { createServer } from 'node:http'
import { createServer as createPlain } from 'node:net'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startXopc } from '../e2e/cli/running.ts'
import { atEnd, tempFolder } from '../support/cleanup.ts'
import { startGateway } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'
import { freePort } from '../support/ports.ts'
import { startSshd } from '../support/sshd.ts'

// A program that sits down on a forwarded port, there or here, is sent what was meant for the gateway.

needsPeer('sshd', 'a squatter', (sshdPath) => {
  it('at the far port is asked who it is, and told nothing else', async () => {
    const heard: string[] = []
    const port = await freePort()
    const squatter = createServer((req, res) => {
      heard.push(`${req.method} ${req.url} ${JSON.stringify(req.headers)}`)
      res.setHeader('content-type', 'application/json').end('{"status":"ok","version":"0.1.0","uptime":1}')
    })
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve))
    atEnd(async () => await new Promise((resolve) => squatter.close(resolve)))
    const sshd = await startSshd(sshdPath)
    const env = { XOPC_SSH_PATH: sshd.ssh, XOPC_GATEWAY_TOKEN: 'f'.repeat(40) + 'ab12cd34' }
    const running = startXopc(['gateway', 'ssh-tunnel', '--target', sshd.target, '--remote-port', String(port), '--json'], {
      stateDir: await tempFolder(),
      env,
    })
    expect(await running.ended).toBe(1)
    expect(JSON.parse(running.stdout())).toMatchObject({ error: { code: 'FAR_END_STRANGE' } })
    expect(heard.length).toBeGreaterThan(0)
    expect(heard.filter((line) => !line.startsWith('POST /api/gateway-identity/challenge '))).toEqual([])
    expect(heard.join('\n')).not.toMatch(/authorization|x-xopc-token|f{40}/i)
  })

  it('here finds no moment at which the port is free, and no socket that it may open', async () => {
    const [sshd, gateway] = await Promise.all([startSshd(sshdPath), startGateway()])
    const stateDir = await tempFolder()
    const args = ['gateway', 'ssh-tunnel', '--target', sshd.target, '--remote-port', String(gateway.port)]
    const running = startXopc(args, { stateDir, env: { XOPC_SSH_PATH: sshd.ssh } })
    const [url] = await running.says(/^http:\/\/127\.0\.0\.1:\d+$/m)
    expect((await stat(join(stateDir, 'run'))).mode & 0o077).toBe(0)
    expect((await stat(join(stateDir, 'run', `ssh-${running.pid}.sock`))).mode & 0o077).toBe(0)
    await sshd.stop()
    await running.says(/broke off|cannot be reached/)
    expect(await canListen(Number(new URL(url).port))).toBe('EADDRINUSE')
    running.kill('SIGINT')
    expect(await running.ended).toBe(0)
  })
})

async function canListen(port: number): Promise<string> {
  const server = createPlain()
  return await new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve('free')))
  })
}
