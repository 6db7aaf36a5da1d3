import { createServer } from 'node:http'
import { expect, it } from 'vitest'
import { needsPeer } from '../../support/peers.ts'
import { otherComputer } from '../../support/netns.ts'

needsPeer(['netns', 'curl'], 'another computer', (ip, curl) => {
  it('reaches this one until the cable is pulled', async () => {
    const other = await otherComputer(ip)
    const server = createServer((req, res) => res.end(req.socket.remoteAddress)).listen(0, other.hostAddress)
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const ask = () => other.run([curl, '-sS', '-m', '3', `http://${other.hostAddress}:${port}/`])
    expect(await ask()).toMatchObject({ code: 0, stdout: other.address })
    await other.cable('down')
    expect((await ask()).code).not.toBe(0)
    await other.cable('up')
    server.close()
  })
})
