const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** Seconds in words, in the two largest units: "2 hours 5 minutes". Pure. */
export function duration(seconds: number): string {
  const first = units.findIndex(([, size]) => seconds >= size)
  if (first === -1) return 'less than a second'
  let rest = Math.floor(seconds)
  const words = units.slice(first, first + 2).map(([name, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count === 0 ? '' : `${count} ${name}${count === 1 ? '' : 's'}`
  })
  return words.filter(Boolean).join(' ')
}
