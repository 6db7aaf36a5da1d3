/** The shortest time that anything is opened for (s). */
const LEAST_S = 10

/** The time that is left until something closes by itself, as `enable` takes it (`3600s`), so that another way of opening it ends then, too; undefined where there is no end. */
export function timeLeft(closesAt: string | undefined): string | undefined {
  if (closesAt === undefined) return undefined
  const seconds = Math.ceil((Date.parse(closesAt) - Date.now()) / 1000)
  return `${Math.max(LEAST_S, seconds)}s`
}

/** As an option of `enable`; none where there is no end. Pure. */
export function forTime(time: string | undefined): { for?: string } {
  return time === undefined || time === '' ? {} : { for: time }
}
