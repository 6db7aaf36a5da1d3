import { cliErrors } from './errors.ts'

/** A flag whose name is fixed and whose method is not built yet may only say off. Throws `FLAG_NOT_IN_THIS_VERSION`. */
export function requireOff(flag: string, value: string | undefined): void {
  if (value !== undefined && value !== 'off') throw cliErrors.FLAG_NOT_IN_THIS_VERSION({ flag: `${flag} ${value}` })
}
