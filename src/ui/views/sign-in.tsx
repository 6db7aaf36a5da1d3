import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useWork } from '../parts/action.tsx'
import { Copyable } from '../parts/copy.tsx'
import { Hint, Problem } from '../parts/problem.tsx'
import { notes, SignInRefused, signIn, signInByTailscale, takeNote } from '../session.ts'
import { XopcError } from '../../lib/errors/error.ts'

const note = takeNote()

const secrets = {
  token: {
    label: 'Gateway token',
    hint: (
      <>
        <p>On the gateway’s computer, this prints it:</p>
        <Copyable text="xopc gateway token --show" />
      </>
    ),
  },
  password: {
    label: 'Password',
    hint: (
      <>
        <p>
          The one in <code>gateway.auth.password</code>.
        </p>
      </>
    ),
  },
}

/** Where the owner signs in, and what there is to say before. A browser that was a device is not asked for what only the owner has. */
export function SignIn({ mode, tailscale }: { mode: 'token' | 'password' | 'tailscale'; tailscale: boolean }): JSX.Element {
  const revoked = note === notes.revoked
  const [open, setOpen] = useState(false)
  return (
    <main class="narrow">
      <h1>{revoked ? 'Access ended' : 'Sign in'}</h1>
      {!revoked && <p class="quiet">To see who can reach this gateway.</p>}
      {note !== null && (
        <div class="notice" role="status">
          <Hint text={note} />
        </div>
      )}
      {tailscale && <ByTailscale />}
      {mode === 'tailscale' ? (
        <p class="quiet small">
          Or by a pairing code. On the gateway’s computer: <code>xopc pair --browser</code>
        </p>
      ) : revoked ? (
        <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>Sign in as the owner</summary>
          {open && <SignInForm mode={mode} />}
        </details>
      ) : (
        <SignInForm mode={mode} />
      )}
    </main>
  )
}

/** Nothing is typed: Tailscale says who somebody is, and that lets them look and use the app. */
function ByTailscale(): JSX.Element {
  const work = useWork()
  const act = async (): Promise<void> => {
    await signInByTailscale()
    location.reload()
  }
  return (
    <div class="card">
      <button type="button" class="main wide" disabled={work.busy} onClick={() => void work.run(act)}>
        Sign in with Tailscale
      </button>
      <p class="quiet small below">To look, and to use the app. Changing something takes more.</p>
      <Problem error={work.error} />
    </div>
  )
}

/** Takes the token or the password. It is kept nowhere: what comes back for it is. */
function SignInForm({ mode }: { mode: 'token' | 'password' }): JSX.Element {
  const field = useRef<HTMLInputElement>(null)
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<unknown>(null)
  const { label, hint } = secrets[mode]
  const cause = refused instanceof SignInRefused ? refused.cause : refused
  useLayoutEffect(() => field.current?.focus(), [])
  useEffect(() => {
    if (refused !== null) field.current?.select()
  }, [refused])

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (busy || field.current === null) return
    setBusy(true)
    setRefused(null)
    try {
      await signIn(mode, field.current.value)
      field.current.value = ''
      location.reload()
    } catch (error) {
      setRefused(error)
      setBusy(false)
    }
  }

  return (
    <form id="form" class="card" method="post" action="/xopc/api/session" data-mode={mode} onSubmit={(event) => void submit(event)}>
      <input type="text" name="username" autocomplete="username" value="owner" readOnly hidden />
      <label for="secret">{label}</label>
      <input
        ref={field}
        id="secret"
        name="secret"
        type="password"
        autocomplete="current-password"
        required
        spellcheck={false}
        autocapitalize="off"
        aria-describedby="secret-hint"
        aria-invalid={cause instanceof XopcError && cause.http === 401}
      />
      <button id="submit" type="submit" class="main wide" disabled={busy}>
        Sign in
      </button>
      <div id="secret-hint" class="quiet small below">
        {hint}
      </div>
      <Problem error={cause} until={refused instanceof SignInRefused ? refused.until : null} />
    </form>
  )
}
