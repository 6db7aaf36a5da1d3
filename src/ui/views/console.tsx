import type { JSX } from 'preact'
import { HouseContext, type House, useHouse, useSight } from '../context.ts'
import { Button, useWork } from '../parts/action.tsx'
import { Copyable } from '../parts/copy.tsx'
import { Header } from '../parts/header.tsx'
import type { Elsewhere } from '../own-way.ts'
import { Problem } from '../parts/problem.tsx'
import { Ago } from '../parts/time.tsx'
import { hashOf, type PageName, pages, usePlace } from '../route.ts'
import { leave, notes } from '../session.ts'
import { timeText } from '../words.ts'
import { Devices } from './devices.tsx'
import { GatewayPage } from './gateway.tsx'
import { RemoteAccess } from './remote-access.tsx'

const titles: Record<PageName, string> = { 'remote-access': 'Remote access', gateway: 'Gateway', devices: 'Devices' }
const bodies: Record<PageName, () => JSX.Element> = { 'remote-access': RemoteAccess, gateway: GatewayPage, devices: Devices }

/** The console: what a person sees who is signed in. */
export function Console(house: House): JSX.Element {
  return (
    <HouseContext.Provider value={house}>
      <Shell />
    </HouseContext.Provider>
  )
}

function Shell(): JSX.Element {
  const { page } = usePlace()
  const { live, overview, problem, gone } = useSight()
  const { admin } = useHouse()
  const Body = bodies[page]
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        To the content
      </a>
      <Header>
        <Names />
        <Live live={live} />
        <Navigation page={page} />
        <SignOut />
      </Header>
      <Gone />
      <main id="main" tabIndex={-1} class={gone === '' ? '' : 'stale'}>
        <Problem error={problem} />
        {overview !== null && !admin && <LookOnly />}
        <h1>{titles[page]}</h1>
        {overview === null ? <p class="quiet later">Asking the gateway …</p> : <Body />}
      </main>
    </>
  )
}

/** The fragment says where the person is, so the link must not become it. */
function skip(event: MouseEvent): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

function Names(): JSX.Element {
  const { overview, status } = useSight()
  const name = overview?.ssh.hosts[0] ?? ''
  return (
    <span class="names quiet small">
      {name}
      {status === null ? '' : ` · gateway ${status.version}`}
    </span>
  )
}

function Live({ live }: { live: boolean }): JSX.Element {
  return (
    <span class="live small" data-live={live}>
      {live ? 'Live' : ' '}
    </span>
  )
}

function Navigation({ page }: { page: PageName }): JSX.Element {
  return (
    <nav aria-label="Settings">
      {pages.map((name) => (
        <a key={name} href={hashOf(name)} aria-current={name === page ? 'page' : undefined}>
          {titles[name]}
        </a>
      ))}
    </nav>
  )
}

/** Elsewhere there is no session of ours to end: nobody is asked, or a proxy or a pairing signed the person in. */
function SignOut(): JSX.Element | null {
  const { gateway, facts } = useHouse()
  const work = useWork()
  if (facts.face === 'ui' || (facts.who !== 'session' && facts.who !== 'tailscale')) return null
  return (
    <Button work={work} act={gateway.signOut} small>
      Sign out
    </Button>
  )
}

/** Says that what is below is old, and how old; or where the page is now. Its place is kept free. */
function Gone(): JSX.Element {
  const { gone, elsewhere, seenAt, problem } = useSight()
  // Before anything was seen, the problem says it all.
  const shown = gone !== '' && (seenAt > 0 || problem === null)
  return (
    <div id="gone" class="gone">
      <div class={shown ? 'bar-text' : ''}>
        <span role="status">{!shown ? '' : elsewhere === null ? goneText(gone, seenAt) : elsewhere.text}</span>
        {/* Where the bar is one text, its parts are words of it. */ ' '}
        {shown && elsewhere !== null && <Instead {...elsewhere} />}
        {shown && elsewhere === null && seenAt > 0 && (
          <span class="quiet">
            (<Ago at={new Date(seenAt).toISOString()} />)
          </span>
        )}
      </div>
    </div>
  )
}

function goneText(gone: string, seenAt: number): string {
  const since = seenAt > 0 ? ` What you see is from ${timeText(seenAt)}.` : ''
  return `${gone}${since} This page comes back by itself.`
}

function Instead({ url, command }: Elsewhere): JSX.Element {
  return (
    <>
      {url !== undefined && <a href={url}>{url}</a>}
      {command !== undefined && <Copyable text={command} />}
    </>
  )
}

/** This tab has only the half of the session that looks. */
function LookOnly(): JSX.Element {
  const { gateway, facts } = useHouse()
  const work = useWork()
  if (facts.who !== 'session')
    return (
      <div class="notice">
        <p>You can look here, and change nothing. To manage the gateway, on its computer:</p>
        <Copyable text="xopc ui" />
      </div>
    )
  const again = async (): Promise<void> => {
    // The session may be over already; signing in again makes a new one either way.
    await gateway.signOut().catch(() => {})
    await leave(notes.key)
  }
  return (
    <div class="notice">
      <p>This tab can look and change nothing, because you signed in in another one that is closed.</p>
      <Button work={work} act={again}>
        Sign in again
      </Button>
    </div>
  )
}
