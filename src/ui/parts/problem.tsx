import type { ComponentChildren, JSX } from 'preact'
import { XopcError } from '../../lib/errors/error.ts'
import type { ConfigProblem } from '../../lib/protocol/http-api.ts'
import { directiveIn } from '../hint.ts'
import { timeText } from '../words.ts'
import { Copyable } from './copy.tsx'

/** The manual of codes, which the gateway serves itself (scripts/build-ui.ts makes it). */
const MANUAL = '/xopc/errors.html'

/** What can be said of an error. */
interface Told {
  message: string
  hint?: string | undefined
  code?: string | undefined
}

/** What went wrong, what to do, and the code that the manual explains. Speaks by itself. `button`: what does as the hint says. */
export function Problem(given: { error: unknown; until?: number | null; button?: JSX.Element | null }): JSX.Element | null {
  const { error, until = null, button = null } = given
  if (error === null || error === undefined) return null
  const { message, hint, code } = toldBy(error)
  return (
    <div class="notice bad" role="alert">
      <p>{message}</p>
      {until !== null && <p>Try again at {timeText(until)}.</p>}
      <ConfigProblems problems={problemsOf(error)} known={[message, hint ?? '']} />
      {hint !== undefined && <Hint text={hint} button={button} />}
      {code !== undefined && <Code code={code} />}
    </div>
  )
}

/** Each thing that is wrong with the configuration, where `known` does not say it already. */
function ConfigProblems({ problems, known }: { problems: readonly ConfigProblem[]; known: readonly string[] }): JSX.Element | null {
  const news = problems.filter(({ severity, message }) => severity === 'error' && !known.some((text) => text.includes(message)))
  if (news.length === 0) return null
  return (
    <ul class="problems">
      {news.map(({ path, message, hint }) => (
        <li key={path + message}>
          {path !== '' && <code>{path}</code>}
          <p>{message}</p>
          {hint !== undefined && !known.includes(hint) && <Hint text={hint} />}
        </li>
      ))}
    </ul>
  )
}

/** Words, and the command that they end with on a line of its own, or `button` in place of it; what goes first stands between. */
export function Hint({ text, button, children }: { text: string; button?: JSX.Element | null; children?: ComponentChildren }): JSX.Element {
  const directive = directiveIn(text)
  if (directive === null)
    return (
      <>
        <p>
          <Linked text={text} />
        </p>
        {children}
      </>
    )
  const { before, command, remark } = directive
  return (
    <>
      <p>{before}</p>
      {children}
      {button ?? <Copyable text={command} />}
      {remark !== undefined && <p class="quiet small">{remark}</p>}
    </>
  )
}

/** A text whose addresses can be followed. */
function Linked({ text }: { text: string }): JSX.Element {
  const parts = text.split(/(https:\/\/[\w./-]+\w)/)
  return (
    <>
      {parts.map((part, index) =>
        index % 2 === 0 ? (
          part
        ) : (
          <a key={part} href={part} target="_blank" rel="noreferrer noopener">
            {part}
          </a>
        ),
      )}
    </>
  )
}

/** A code, with the page that explains it. */
export function Code({ code }: { code: string }): JSX.Element {
  return (
    <p class="quiet small">
      Code:{' '}
      <a href={`${MANUAL}#${code.toLowerCase()}`} target="_blank" rel="noreferrer noopener">
        {code}
      </a>
    </p>
  )
}

function problemsOf(error: unknown): readonly ConfigProblem[] {
  // `as`: what the gateway attaches to an error as `problems` has this form (lib/client/call.ts).
  return error instanceof XopcError && 'problems' in error ? (error.problems as readonly ConfigProblem[]) : []
}

function toldBy(error: unknown): Told {
  if (error instanceof XopcError) return error
  if (error instanceof Error)
    return { message: 'The gateway did not answer.', hint: 'See whether it runs, on its computer: xopc gateway status' }
  // `as`: states and verdicts carry errors as plain data of this form.
  return error as Told
}
