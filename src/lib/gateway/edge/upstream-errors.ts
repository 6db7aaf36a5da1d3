import type { XopcError } from '../../errors/error.ts'
import { edgeErrors } from './errors.ts'

const timeouts: ReadonlySet<string> = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT'])
const resets: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])
/** Messages of undici's SocketError for answers that are no answer to this request: a 101 nobody asked for, bytes without a request, a stray 100. */
const invalidAnswers: ReadonlySet<string> = new Set(['bad upgrade', 'bad response'])

/** Why the app gave no answer, as the error to reply with. */
export function upstreamError(error: Error, upstream: string): XopcError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const options = { cause: error }
  if (timeouts.has(code)) return edgeErrors.UPSTREAM_TIMEOUT({ upstream }, options)
  if (invalidAnswers.has(error.message)) return edgeErrors.UPSTREAM_ANSWER_INVALID({ upstream, detail: detailOf(error) }, options)
  if (resets.has(code)) return edgeErrors.UPSTREAM_RESET({ upstream }, options)
  if (error.name === 'HTTPParserError' || /^(?:HPE_|UND_ERR_|ERR_INVALID_|ERR_HTTP_)/.test(code)) return edgeErrors.UPSTREAM_ANSWER_INVALID({ upstream, detail: detailOf(error) }, options)
  return edgeErrors.UPSTREAM_DOWN({ upstream }, options)
}

function detailOf(error: Error): string {
  return error.message === 'bad upgrade' ? 'it switched protocols, which nobody asked for' : error.message
}

/** The app took too long; the same code that undici gives, for waits that are timed here. */
export function tooSlow(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'UND_ERR_HEADERS_TIMEOUT' })
}

/** Whether an idle connection may have ended under the request, so that sending a request without effects once more is right. */
export function mayRetry(error: Error): boolean {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return resets.has(code) && !invalidAnswers.has(error.message)
}
