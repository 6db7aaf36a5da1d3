/** Work by key that is done once for all who ask at the same time: they share the answer, and the failure. */
export function createSingleFlight<Key, Result>(work: (key: Key) => Promise<Result>): (key: Key) => Promise<Result> {
  const flights = new Map<Key, Promise<Result>>()
  return async (key) => {
    const running = flights.get(key)
    if (running !== undefined) return await running
    const flight = work(key).finally(() => flights.delete(key))
    flights.set(key, flight)
    return await flight
  }
}
