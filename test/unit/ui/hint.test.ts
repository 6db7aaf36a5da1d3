import { expect, it } from 'vitest'
import { catalog } from '../../../src/lib/errors/catalog.ts'
import { directiveIn } from '../../../src/ui/hint.ts'

it.each([
  ['Sign in, and the gateway notices by itself: tailscale up', 'tailscale up', undefined],
  ['Allow it once: sudo tailscale set --operator=$USER', 'sudo tailscale set --operator=$USER', undefined],
  [
    'Start it: sudo systemctl start tailscaled (macOS: open the application)',
    'sudo systemctl start tailscaled',
    'macOS: open the application',
  ],
  ['Open it: xopc lan on. Behind a proxy of your own: xopc proxy set <url>', 'xopc proxy set <url>', undefined],
  ['The gateway goes on by itself once it is connected.', undefined, undefined],
  ['Install it (https://tailscale.com/download) and sign in.', undefined, undefined],
  ['', undefined, undefined],
])('%s', (hint, command, remark) => {
  const found = directiveIn(hint)
  expect([found?.command, found?.remark]).toEqual([command, remark])
})

it('takes nothing but a command for one, in every hint that there is', () => {
  const commands = Object.values(catalog).flatMap(({ hint }) => directiveIn(hint)?.command ?? [])
  expect(commands.length).toBeGreaterThan(30)
  expect(commands.filter((command) => /[.,;] |\.$/.test(command))).toEqual([])
})
