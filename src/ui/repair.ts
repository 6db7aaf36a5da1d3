import type { Xopc } from '../lib/core/xopc.ts'

/** Does what a command says. */
type Repair = (client: Xopc) => Promise<unknown>

/** Commands that a call of the API does just as well. The texts are the gateway's own fixes. */
const repairs: readonly [RegExp, (match: RegExpExecArray) => Repair][] = [
  [/^xopc lan on$/, () => (client) => client.enable('lan', { wait: true })],
  [/^xopc lan off$/, () => (client) => client.disable('lan')],
  [/^xopc proxy clear$/, () => (client) => client.disable('proxy')],
  [
    /^xopc config set ([\w.]+)=(\S+)$/,
    ([, key = '', value = '']) =>
      (client) =>
        client.patchConfig({ [key]: valueOf(value) }),
  ],
]

/** What a button can do in place of the command, or null where it has to be typed. Pure. */
export function repairOf(command: string | undefined): Repair | null {
  for (const [pattern, make] of repairs) {
    const match = pattern.exec(command ?? '')
    if (match !== null) return make(match)
  }
  return null
}

/** As the command line reads it: a number or a truth value where it is one, else text. */
function valueOf(text: string): unknown {
  return /^(true|false|null|-?\d+)$/.test(text) ? JSON.parse(text) : text
}
