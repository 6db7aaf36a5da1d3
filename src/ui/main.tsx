import { type JSX, render } from 'preact'
import { type Facts, readFacts } from './facts.ts'
import { createGateway } from './gateway.ts'
import { Header } from './parts/header.tsx'
import { borrowKey, lendKey, sessionKey } from './session-key.ts'
import { takeUiCode } from './ui-code.ts'
import { applyTheme, currentTheme } from './theme.ts'
import { Console } from './views/console.tsx'
import { Pair } from './views/pair.tsx'
import { SignIn } from './views/sign-in.tsx'
import { UiClosed } from './views/ui-closed.tsx'

applyTheme(currentTheme())
void start(readFacts(document.body))

async function start(facts: Facts): Promise<void> {
  if (facts.view === 'pair') return show(framed(<Pair facts={facts} />))
  if (facts.view !== 'overview') return show(framed(<SignIn mode={facts.view} tailscale={facts.tailscale} />))
  if (facts.face === 'ui') {
    const closed = await takeUiCode()
    if (closed !== null) return show(framed(<UiClosed error={closed} />))
  } else await borrowSession(facts)
  const gateway = createGateway(facts)
  show(<Console gateway={gateway} facts={facts} admin={sessionKey.get() !== null} />)
  gateway.follow()
}

/** Only a session has a key; with an app at this address nothing is said to other pages of it. */
async function borrowSession({ who, upstream }: Facts): Promise<void> {
  if (who !== 'session' || upstream) return
  lendKey()
  await borrowKey()
}

function framed(view: JSX.Element): JSX.Element {
  return (
    <>
      <Header />
      {view}
    </>
  )
}

function show(view: JSX.Element): void {
  render(view, document.body)
}
