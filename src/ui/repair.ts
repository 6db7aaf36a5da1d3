import type { Xopc } from '../lib/core/xopc.ts'
import { forTime, timeLeft } from './time-left.ts'

/** What does as a command says. */
export interface Repair {
  act(client: Xopc): Promise<unknown>
  /** What its button is called where the gateway does not say; none where something has to be asked first. */
  words?: string
}

type Make = (match: RegExpExecArray, closesAt?: string) => Repair

/** Commands that a call of the API does just as well. The texts are the gateway's own fixes. */
const repairs: readonly [RegExp, Make][] = [
  [/^xopc lan on$/, () => ({ act: (client) => client.enable('lan', { wait: true }) })],
  [/^xopc lan off$/, () => ({ act: (client) => client.disable('lan') })],
  [/^xopc proxy clear$/, () => ({ act: (client) => client.disable('proxy') })],
  [
    /^xopc tailscale serve(?: --port (\d+))?$/,
    ([, port], closesAt) => ({
      act: (client) =>
        client.enable('tailscale', {
          mode: 'serve',
          ...(port === undefined ? {} : { port: Number(port) }),
          ...forTime(timeLeft(closesAt)),
        }),
      words: port === undefined ? 'Enable Serve' : `Use port ${port}`,
    }),
  ],
  [/^xopc tailscale off$/, () => ({ act: (client) => client.disable('tailscale'), words: 'Disable Tailscale' })],
  [/^xopc config set ([\w.]+=\S+(?: [\w.]+=\S+)*)$/, ([, pairs = '']) => ({ act: (client) => client.patchConfig(patchOf(pairs)) })],
]

/** What a button can do in place of the command, or null where it has to be typed. `closesAt`: what was opened for a time stays so. Pure. */
export function repairOf(command: string | undefined, closesAt?: string): Repair | null {
  for (const [pattern, make] of repairs) {
    const match = pattern.exec(command ?? '')
    if (match !== null) return make(match, closesAt)
  }
  return null
}

/** `key=value` several times. */
function patchOf(pairs: string): Record<string, unknown> {
  return Object.fromEntries(pairs.split(' ').map((pair) => [pair.slice(0, pair.indexOf('=')), valueOf(pair.slice(pair.indexOf('=') + 1))]))
}

/** As the command line reads it: a number or a truth value where it is one, else text. */
function valueOf(text: string): unknown {
  return /^(true|false|null|-?\d+)$/.test(text) ? JSON.parse(text) : text
}
