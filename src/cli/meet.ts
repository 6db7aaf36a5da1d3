import type { Meeting } from '../lib/remote/meeting.ts'

/** How a gateway that is met for the first time is taken. */
export interface MeetOptions {
  /** `--pin`. */
  pin: boolean
  /** A person is there who can be asked. */
  interactive: boolean
}

/** Says whom this computer meets, on stderr, also beside `--json`; over plain http a person has to agree, at the terminal or by `--pin`. */
export async function meetGateway({ place, gateway, isPlain }: Meeting, { pin, interactive }: MeetOptions): Promise<boolean> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  say(`First time at ${place}: gateway ${gateway.gatewayId}, key ${gateway.fingerprint}.`)
  if (!isPlain || pin) {
    say('Its key is remembered; another one will be refused there.')
    return true
  }
  if (!interactive) return false
  const { confirm } = await import('@inquirer/prompts')
  say('Over plain http anybody between could have answered. Compare the key with what `xopc gateway status` says over there.')
  return await confirm({ message: 'Is it the same?', default: false }, { output: process.stderr })
}
