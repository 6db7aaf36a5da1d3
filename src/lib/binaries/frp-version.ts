/** Older ones let strangers past the checks of a plugin: CVE-2026-40910 (attack A74). */
export const FRP_NEEDED = '0.68.1'

/** Whether a version of frp (`0.71.0`) is new enough; what is no version is not. Pure. */
export function isSafeFrp(version: string): boolean {
  const found = /^(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/.exec(version)
  if (found === null) return false
  const [own, needed] = [found.slice(1).map(Number), FRP_NEEDED.split('.').map(Number)]
  const at = own.findIndex((part, index) => part !== needed[index])
  return at === -1 || (own[at] ?? 0) > (needed[at] ?? 0)
}
