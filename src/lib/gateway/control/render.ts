import { problemsOf } from '../../config/problems.ts'
import { XopcError } from '../../errors/error.ts'
import type { ConfigProblem } from '../../protocol/http-api.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import type { Log } from '../../system/log.ts'
import { gatewayErrors } from '../errors.ts'

/** Of a sentence in a reply, in characters. */
const LONGEST = 2000

/** What is answered instead of what went wrong inside. */
export interface Refusal {
  status: number
  body: Readonly<Record<string, unknown>>
  headers: Readonly<Record<string, string>>
}

/** Turns whatever was thrown into an error of the catalogue; what nobody foresaw becomes `INTERNAL` and goes to the log with its stack. */
export function asXopcError(thrown: unknown, path: string, log: Log): XopcError {
  if (thrown instanceof XopcError) return thrown
  const known = frameworkError(thrown)
  if (known !== null) return known
  log.error('A request failed in a way that nobody foresaw', { path, error: thrown })
  return gatewayErrors.INTERNAL({}, { cause: thrown })
}

/** The reply of an error: `{error, code, hint, docs}`, with `problems` where the configuration is what is wrong. Pure. */
export function refusalOf(error: XopcError): Refusal {
  const { code, message, hint, docs } = error.info()
  const problems = problemsOf(error)
  return {
    status: error.http,
    body: {
      error: cleanText(message, LONGEST),
      code,
      ...(hint === undefined ? {} : { hint: cleanText(hint, LONGEST) }),
      ...(docs === undefined ? {} : { docs }),
      ...(problems.length === 0 ? {} : { problems: problems.map(cleanProblem) }),
    },
    headers: error.http === 401 ? { 'www-authenticate': 'Bearer realm="xopc"' } : {},
  }
}

/** Messages quote what was sent; a reply is read by terminals and pages. */
function cleanProblem(problem: ConfigProblem): ConfigProblem {
  return { ...problem, path: cleanText(problem.path, 200), message: cleanText(problem.message, LONGEST) }
}

/** Errors of fastify itself, by their code; none of them names anything secret. */
function frameworkError(thrown: unknown): XopcError | null {
  if (!(thrown instanceof Error) || !('code' in thrown)) return null
  if (thrown.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return gatewayErrors.BODY_NOT_JSON({}, { cause: thrown })
  if (thrown.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return gatewayErrors.BODY_TOO_LARGE({}, { cause: thrown })
  const malformed = 'statusCode' in thrown && thrown.statusCode === 400
  return malformed ? gatewayErrors.BODY_INVALID({ detail: cleanText(thrown.message, 200) }, { cause: thrown }) : null
}
