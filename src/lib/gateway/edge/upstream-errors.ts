import type { XopcError } from '../../errors/error.ts'
import { edgeErrors } from './errors.ts'

const timeouts: ReadonlySet<string> = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT'])
const resets: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])
/** What undici and Node refuse to send: a path with characters that no request line may have. */
const unsendable: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'ERR_UNESCAPED_CHARACTERS', 'ERR_INVALID_CHAR'])
/** Messages of undici's SocketError for answers that are no answer to this request: a 101 nobody asked for, bytes without a request, a stray 100. */
const invalidAnswers: ReadonlySet<string> = new Set(['bad upgrade', 'bad response'])

/** Why the app gave no answer, as the error to reply with. */
export function upstreamError(error: Error, upstream: string): XopcError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const options = { cause: error }
  if (unsendable.has(code)) return edgeErrors.TARGET_INVALID({}, options)
  if (isTls(code)) return edgeErrors.UPSTREAM_TLS_INVALID({ upstream, detail: error.message }, options)
  if (timeouts.has(code)) return edgeErrors.UPSTREAM_TIMEOUT({ upstream }, options)
  if (invalidAnswers.has(error.message)) return edgeErrors.UPSTREAM_ANSWER_INVALID({ upstream, detail: detailOf(error) }, options)
  if (resets.has(code)) return edgeErrors.UPSTREAM_RESET({ upstream }, options)
  if (error.name === 'HTTPParserError' || /^(?:HPE_|UND_ERR_|ERR_INVALID_|ERR_HTTP_)/.test(code))
    return edgeErrors.UPSTREAM_ANSWER_INVALID({ upstream, detail: detailOf(error) }, options)
  return edgeErrors.UPSTREAM_DOWN({ upstream }, options)
}

/** Codes of OpenSSL's verification (X509_V_ERR_*, without the prefix) and of Node's name check. */
function isTls(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|^ERR_(?:TLS|SSL)_|^EPROTO$/.test(code)
}

function detailOf(error: Error): string {
  if ('code' in error && error.code === 'UND_ERR_HEADERS_OVERFLOW') return 'its headers are larger than 16 KiB'
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
