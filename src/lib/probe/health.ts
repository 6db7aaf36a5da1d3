import { request } from 'node:http'

/** What asking an address for `/health` gave. */
export type HealthAnswer = { ok: true; ms: number } | { ok: false; detail: string }

/** Asks `http://…` for `/health` from this computer, for at most 3 s. Never throws. */
export async function askHealth(url: string, signal: AbortSignal): Promise<HealthAnswer> {
  const started = performance.now()
  try {
    const status = await statusOf(new URL('/health', url), AbortSignal.any([signal, AbortSignal.timeout(3000)]))
    if (status !== 200) return { ok: false, detail: `it answered with status ${status}` }
    return { ok: true, ms: Math.round(performance.now() - started) }
  } catch (error) {
    return { ok: false, detail: reasonOf(error) }
  }
}

async function statusOf(url: URL, signal: AbortSignal): Promise<number> {
  return await new Promise((resolve, reject) => {
    // agent: false — a connection of its own each time, or an earlier one would answer for a door that is closed by now.
    const asked = request(url, { agent: false, signal }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.on('error', reject)
    asked.end()
  })
}

function reasonOf(error: unknown): string {
  // `as`: node puts the system's code on its errors, undeclared.
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (code === 'ABORT_ERR') return 'no answer within 3 s'
  return `no connection (${code ?? String(error)})`
}
