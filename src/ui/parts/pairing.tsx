import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { XopcError } from '../../lib/errors/error.ts'
import type { PairingCode } from '../../lib/protocol/pairing-api.ts'
import { useHouse, useSight } from '../context.ts'
import { isUnknown, keptCode, resumeCode } from '../kept-code.ts'
import { lanDanger } from '../lan-danger.ts'
import { allowedText, doorName } from '../words.ts'
import { Button, Press, useWork } from './action.tsx'
import { Copyable, CopyButton } from './copy.tsx'
import type { Danger } from '../danger.ts'
import { DangerDialog } from './dialog.tsx'
import { Icon } from './icon.tsx'
import { Problem } from './problem.tsx'
import { Qr } from './qr.tsx'
import { TabList } from './tab-list.tsx'
import { useNow } from './time.tsx'

/** How long a code is good (ms). */
const LIFETIME_MS = 5 * 60_000

/** Minutes and seconds. Pure. */
function clockText(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

const fors = [
  { name: 'browser', words: 'Any browser' },
  { name: 'app', words: 'xopc app' },
] as const

/** Pairs a device: makes a code, shows it, and says who joined. `at` is the address that the device is to use; `now` makes the code at once. */
export function Pairing({ at, now = false }: { at?: string; now?: boolean }): JSX.Element {
  const { gateway, admin } = useHouse()
  const [code, setCode] = useState<PairingCode | null>(null)
  const work = useWork()
  const mint = async (): Promise<void> => setCode(await gateway.client.pair(at === undefined ? {} : { baseUrl: at }))
  const begin = async (): Promise<void> => {
    const kept = await resumeCode(gateway.client, at)
    if (kept !== null) setCode(kept)
    else if (now) await mint()
  }
  const id = code?.id ?? null

  useEffect(() => {
    if (admin && (now || keptCode.get() !== null)) void work.run(begin)
  }, [at, now, admin])
  useEffect(() => {
    // What failed because nothing answered is done again when something does.
    if (!now || work.error === null || work.error instanceof XopcError) return
    return gateway.on([], () => void work.run(mint))
  }, [now, work.error])
  useEffect(() => {
    if (id === null) return
    const look = (): void => void gateway.client.pairing(id).then(setCode, (error: unknown) => isUnknown(error) && setCode(ended))
    return gateway.on(['device.paired', 'device.revoked'], look)
  }, [id])
  useEffect(() => {
    if (id === null) return
    keptCode.set(id)
    // Nobody sees it any more, so it should let nobody in. One that was used or is over is not there to be taken back, and
    // with no gateway the code is gone, too.
    return () => {
      keptCode.forget()
      void gateway.client.cancelPairing(id).catch(() => {})
    }
  }, [id])

  if (!admin)
    return (
      <div class="card">
        <p>To pair a device, on the gateway’s computer:</p>
        <Copyable text="xopc pair" />
      </div>
    )
  if (work.error !== null) return <NoCode error={work.error} again={() => void work.run(mint)} />
  if (code === null)
    return (
      <div class={now ? 'card pairing' : 'between'}>
        {now ? (
          <p class="quiet">Making a code …</p>
        ) : (
          <Button work={work} act={mint} kind="main">
            Pair a device
          </Button>
        )}
      </div>
    )
  return <CodeCard code={code} again={() => void work.run(mint)} />
}

function ended(code: PairingCode | null): PairingCode | null {
  return code && { ...code, state: 'revoked' }
}

const overs = {
  expired: 'The code is over: it was good for five minutes.',
  revoked: 'The code is over: it was taken back, or the gateway was started again.',
} as const

/** Why there is no code, and what mends it. */
function NoCode({ error, again }: { error: unknown; again: () => void }): JSX.Element {
  const { gateway } = useHouse()
  const [danger, setDanger] = useState<Danger | null>(null)
  const closed = error instanceof XopcError && error.code === 'GATEWAY_LOOPBACK_ONLY'
  const open = (): void => {
    const lan = lanDanger(gateway)
    setDanger({ ...lan, act: () => lan.act().then(again) })
  }
  return (
    <div class="card">
      <Problem error={error} />
      <div class="actions">
        {closed && (
          <Press kind="main" press={open}>
            Open to your network
          </Press>
        )}
        <Press press={again}>Try again</Press>
      </div>
      {danger !== null && <DangerDialog danger={danger} close={() => setDanger(null)} />}
    </div>
  )
}

function CodeCard({ code, again }: { code: PairingCode; again: () => void }): JSX.Element {
  const { status } = useSight()
  const [whom, setWhom] = useState<'app' | 'browser'>(code.links?.browser === null ? 'app' : 'browser')
  const now = useNow()
  const left = new Date(code.expiresAt).getTime() - now
  if (code.state === 'used') return <JoinedCard code={code} again={again} />
  const link = code.links?.[whom] ?? null
  const qr = code.qr?.[whom] ?? null
  if (code.state !== 'waiting' || left <= 0 || link === null || qr === null)
    return (
      <div class="card pairing">
        <div>
          <p role="status">{overs[code.state === 'revoked' ? 'revoked' : 'expired']}</p>
          <Press kind="main" press={again}>
            Make another code
          </Press>
        </div>
      </div>
    )
  return (
    <section class="card pairing" aria-label="Mobile app pairing">
      <Qr modules={qr.text} label={whom === 'app' ? 'QR code for the xopc app' : 'QR code for a browser'} />
      <div class="pairing-words">
        <h2 class="card-title">Mobile app pairing</h2>
        <TabList id="whom" label="For whom" tabs={code.links?.browser === null ? fors.slice(1) : fors} current={whom} choose={setWhom} />
        <div id="whom-panel" role="tabpanel" aria-labelledby={`whom-${whom}`}>
          <p>{whom === 'app' ? 'Scan it with the xopc app.' : 'Scan it with the camera, or open the link in any browser.'}</p>
        </div>
        <p class="quiet small">{allowedText(code.scopes)}</p>
        <p class="quiet small">
          It comes by <b>{code.baseUrl}</b>.
        </p>
        {whom === 'browser' && status !== null && (
          <p class="quiet small">
            Its page names the gateway: <code>{status.fingerprint}</code>
          </p>
        )}
        <div class="left">
          <div class="bar" aria-hidden="true">
            <div style={{ width: `${Math.min(100, (left / LIFETIME_MS) * 100)}%` }} />
          </div>
          <span class="small quiet number">{clockText(left)} left, for one device</span>
        </div>
        <CopyButton text={link} words="Copy link" />
      </div>
    </section>
  )
}

function JoinedCard({ code: { device }, again }: { code: PairingCode; again: () => void }): JSX.Element {
  const where = device?.lastIp ? ` from ${device.lastIp}` : ''
  const door = device?.lastIngress ? ` by ${doorName(device.lastIngress)}` : ''
  return (
    <div class="card pairing" role="status">
      <div>
        <p class="good strong">
          <Icon name="check" /> {device === null ? 'A device joined and was revoked since.' : `“${device.name}” joined${where}${door}.`}
        </p>
        <div class="actions">
          <a class="button" href="#/settings/devices">
            See devices
          </a>
          <Press press={again}>Pair another</Press>
        </div>
      </div>
    </div>
  )
}
