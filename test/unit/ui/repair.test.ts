import { expect, it } from 'vitest'
import type { Xopc } from '../../../src/lib/core/xopc.ts'
import { repairOf } from '../../../src/ui/repair.ts'

/** A client that writes down what is asked of it, as far as repairs ask. */
function listening(): { client: Xopc; asked: unknown[] } {
  const asked: unknown[] = []
  const note = (...call: unknown[]) => Promise.resolve(void asked.push(call))
  // `as`: nothing else of it is used.
  const client = {
    enable: (...given: unknown[]) => note('enable', ...given),
    disable: (...given: unknown[]) => note('disable', ...given),
    patchConfig: (...given: unknown[]) => note('patchConfig', ...given),
  } as unknown as Xopc
  return { client, asked }
}

it.each([
  ['xopc tailscale serve', ['enable', 'tailscale', { mode: 'serve' }], 'Enable Serve'],
  ['xopc tailscale serve --port 8443', ['enable', 'tailscale', { mode: 'serve', port: 8443 }], 'Use port 8443'],
  ['xopc tailscale off', ['disable', 'tailscale'], 'Disable Tailscale'],
  ['xopc lan off', ['disable', 'lan'], undefined],
  ['xopc config set tunnel.autoStart=false', ['patchConfig', { 'tunnel.autoStart': false }], undefined],
  [
    'xopc config set tunnel.enabled=false tunnel.autoStart=false',
    ['patchConfig', { 'tunnel.enabled': false, 'tunnel.autoStart': false }],
    undefined,
  ],
])('%s is done by a call', async (command, call, words) => {
  const { client, asked } = listening()
  const repair = repairOf(command)
  await repair?.act(client)
  expect([asked, repair?.words]).toEqual([[call], words])
})

it.each([
  'xopc tailscale funnel --port 443',
  'xopc tailscale funnel --accept-risk',
  'xopc tailscale serve --replace',
  'tailscale up',
  undefined,
])('%s is typed: something has to be asked first, or it is no command of ours', (command) => expect(repairOf(command)).toBe(null))

it('keeps the end of what was opened for a time', async () => {
  const { client, asked } = listening()
  await repairOf('xopc tailscale serve --port 8443', new Date(Date.now() + 60_000).toISOString())?.act(client)
  expect(asked).toEqual([['enable', 'tailscale', { mode: 'serve', port: 8443, for: expect.stringMatching(/^(59|60|61)s$/) }]])
})
