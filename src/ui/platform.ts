/** What people call a browser and a system, with what tells them in a user agent; the first that fits. */
const browsers: readonly [string, RegExp][] = [
  ['Firefox', /Firefox\/|FxiOS\//],
  ['Edge', /Edg(e|A|iOS)?\//],
  ['Opera', /OPR\//],
  ['Chrome', /Chrom(e|ium)\/|CriOS\//],
  ['Safari', /Safari\//],
]
const systems: readonly [string, RegExp][] = [
  ['Android', /Android/],
  ['iPhone', /iPhone/],
  ['iPad', /iPad/],
  ['Windows', /Windows/],
  ['Mac', /Mac OS X/],
  ['Linux', /Linux|X11/],
]

/** `Chrome on Android`, as far as the browser says it. Pure. */
export function platformOf(userAgent: string): string {
  const [browser = 'Browser', system = 'a computer'] = [browsers, systems].map(
    (table) => table.find(([, sign]) => sign.test(userAgent))?.[0],
  )
  return `${browser} on ${system}`
}
