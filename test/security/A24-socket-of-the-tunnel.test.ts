import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { tunnelPeers } from '../e2e/tunnel/house.ts'
import { needsPeer } from '../support/peers.ts'
import { run } from '../support/run.ts'
import { openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// Whoever writes to the socket that frpc leads to says which address a visitor has. So nobody else on this computer may, and nobody may put another
// socket in its place.

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o7777).toString(8)

needsPeer(tunnelPeers, 'the socket of the tunnel', (frps, frpc) => {
  let house: TunnelHouse
  beforeAll(async () => {
    house = await openTunnelHouse({ programs: [frps, frpc] })
  }, 60_000)

  it('is the owner’s alone, in a folder of the owner’s alone', async () => {
    expect([await modeOf(house.socketPath), await modeOf(dirname(house.socketPath)), await modeOf(house.gateway.stateDir)]).toEqual([
      '600',
      '700',
      '700',
    ])
    expect((await house.socket.ask('GET /health')).status).toBe(200)
  })

  it('is gone when the tunnel is closed, and everything that frpc was started with', async () => {
    const { gateway, broker } = house
    const closing = await openTunnelHouse({ programs: [frps, frpc], broker })
    expect((await readdir(dirname(closing.socketPath))).filter((name) => /tunnel|frpc/.test(name)).toSorted()).toEqual([
      'frpc-ca.pem',
      'frpc.toml',
      'tunnel.sock',
    ])
    for (const name of ['frpc.toml', 'frpc-ca.pem']) expect(await modeOf(join(dirname(closing.socketPath), name))).toBe('600')
    expect((await closing.gateway.xopc(['tunnel', 'stop'])).code).toBe(0)
    expect((await readdir(dirname(closing.socketPath))).filter((name) => /tunnel|frpc/.test(name))).toEqual([])
    expect(await modeOf(join(gateway.stateDir, 'tunnel.json'))).toBe('600')
  })

  needsPeer('second-user', 'for another user of this computer', (setpriv) => {
    const connecting = `require('node:net').connect(process.argv[1]).on('connect', () => console.log('in')).on('error', (error) => console.log(error.code)).on('close', () => process.exit())`
    const as = async (uid: number, script: string, ...args: string[]) =>
      (
        await run([setpriv, `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', process.execPath, '-e', script, ...args], {
          timeoutMs: 20_000,
        })
      ).stdout.trim()

    it('cannot be connected to, nor be replaced', async () => {
      expect(await as(0, connecting, house.socketPath)).toBe('in')
      expect(await as(65_534, connecting, house.socketPath)).toBe('EACCES')
      const replacing = `try { require('node:fs').unlinkSync(process.argv[1]); console.log('gone') } catch (error) { console.log(error.code) }`
      expect(await as(65_534, replacing, house.socketPath)).toBe('EACCES')
      const reading = `try { console.log(require('node:fs').readFileSync(process.argv[1], 'utf8')) } catch (error) { console.log(error.code) }`
      for (const name of ['frpc.toml', 'frpc-ca.pem', '../tunnel.json', '../xopc.json'])
        expect(await as(65_534, reading, join(dirname(house.socketPath), name)), name).toBe('EACCES')
      expect((await house.visitor.ask('GET /health')).status).toBe(200)
    })

    it('cannot be connected to where the folders are left open by mistake', async () => {
      const { stateDir } = house.gateway
      await run(['chmod', '755', stateDir, dirname(house.socketPath)])
      expect(await as(65_534, connecting, house.socketPath)).toBe('EACCES')
      await run(['chmod', '700', stateDir, dirname(house.socketPath)])
    })
  })
})
