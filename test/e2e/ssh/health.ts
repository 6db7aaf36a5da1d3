/** The status of a gateway's health at a URL; 0 where nothing answers within 2 s. */
export async function healthOf(url: string): Promise<number> {
  return await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) }).then(
    ({ status }) => status,
    () => 0,
  )
}
