import { createTrust, plainAddress } from './addresses.ts'

/** Tells whether an address is in the list, worked out anew only when `list` gives another array. */
export function followTrust(list: () => readonly string[]): (address: string) => boolean {
  let seen: readonly string[] | undefined
  let trusted: (address: string) => boolean = () => false
  return (address) => {
    if (seen !== list()) {
      seen = list()
      trusted = createTrust(seen)
    }
    return trusted(plainAddress(address) ?? address)
  }
}
