import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { MethodView } from '../../lib/protocol/http-api.ts'
import type { TunnelStatus } from '../../lib/protocol/tunnel-api.ts'
import { useHouse, useSight } from '../context.ts'
import type { Danger } from '../danger.ts'
import { closing } from '../own-way.ts'
import { Button, useOffline, useWork } from '../parts/action.tsx'
import { DangerDialog } from '../parts/dialog.tsx'
import { Problem } from '../parts/problem.tsx'
import { useTunnelSettings } from '../tunnel-status.ts'
import { brokerHost } from '../words.ts'
import { BrokerForm } from './tunnel-broker.tsx'

/** What few people need: whose broker it is, whether the tunnel opens by itself, and giving the name back. */
export function TunnelAdvanced({ view, status }: { view: MethodView; status: TunnelStatus }): JSX.Element {
  const settings = useTunnelSettings()
  return (
    <details class="card advanced-card">
      <summary>Advanced settings</summary>
      {settings !== null && <BrokerForm status={status} settings={settings} />}
      <AutoStart status={status} />
      <Release view={view} status={status} />
      <Prefetch />
    </details>
  )
}

function AutoStart({ status: { config, canAutoStart, consent } }: { status: TunnelStatus }): JSX.Element {
  const { gateway } = useHouse()
  const work = useWork()
  const { autoStart } = config
  const offline = useOffline()
  const fixed = !canAutoStart && !autoStart
  const turn = async (): Promise<unknown> => await gateway.change(gateway.client.patchConfig({ 'tunnel.autoStart': !autoStart }))
  return (
    <section>
      <div class="switch-row">
        <button
          type="button"
          role="switch"
          class="switch"
          id="tunnel-autostart"
          aria-checked={autoStart}
          aria-disabled={offline || fixed || work.busy}
          aria-describedby="tunnel-autostart-about"
          onClick={() => offline || fixed || void work.run(turn)}
        >
          <span class="knob" aria-hidden="true" />
          Auto-start
        </button>
      </div>
      <p id="tunnel-autostart-about" class="quiet small">
        {!fixed
          ? 'Opens the tunnel whenever the gateway starts.'
          : consent.valid
            ? 'Not yet: the tunnel has to work once before it may open by itself.'
            : 'Not yet: you have to agree to the tunnel, and see it work once, before it may open by itself.'}
      </p>
      <Problem error={work.error} />
    </section>
  )
}

/** Gives the name back, for ever; what the broker did not confirm is said. */
function Release({ view: { state }, status: { subdomain, config } }: { view: MethodView; status: TunnelStatus }): JSX.Element {
  const { gateway, facts } = useHouse()
  const { overview } = useSight()
  const [danger, setDanger] = useState<Danger | null>(null)
  const [said, setSaid] = useState('')
  const work = useWork()
  const open = 'urls' in state
  const host = brokerHost(config.brokerUrl)

  async function release(name: string): Promise<void> {
    setSaid('')
    const own = closing('tunnel', { origin: location.origin, face: facts.face, overview })
    const give = (): Promise<unknown> => gateway.client.disable('tunnel', { release: true })
    // The dialog closes: what was not confirmed has to be read where it stays.
    await work.run(async () => {
      await (own === null ? gateway.change(give()) : gateway.closeWay(own.after, give))
      setSaid(`${host} confirmed that “${name}” was given back.`)
    })
  }

  const ask = (name: string): Danger => ({
    title: `Give “${name}” back for ever?`,
    sentences: [
      `Nobody gets this address again, you neither: the next start gets another one from ${host}.`,
      'Devices that know the gateway by it have to be paired anew.',
      open ? 'The tunnel is closed, and what people have open by it.' : 'It is given back once the broker confirms that.',
    ],
    verb: 'Release public URL',
    act: () => release(name),
  })
  return (
    <section>
      <div class="actions">
        <Button work={work} kind="danger-plain" act={async () => subdomain !== null && setDanger(ask(subdomain))} off={subdomain === null}>
          Release public URL
        </Button>
      </div>
      <p class="quiet small">
        {subdomain === null ? 'There is none: the first start gets one.' : `“${subdomain}” stays yours until you give it back.`}
      </p>
      <p class="small good" role="status">
        {said}
      </p>
      {/* It says that the tunnel is closed. */}
      <Problem error={open ? null : work.error} />
      {danger !== null && <DangerDialog danger={danger} close={() => setDanger(null)} />}
    </section>
  )
}

function Prefetch(): JSX.Element {
  const { gateway } = useHouse()
  const [said, setSaid] = useState('')
  const [warning, setWarning] = useState<unknown>(null)
  const work = useWork()
  const fetch = async (): Promise<void> => {
    setSaid('')
    const { version, warning } = await gateway.client.prefetchTunnel()
    setSaid(`frpc ${version} is ready.`)
    setWarning(warning)
  }
  return (
    <section>
      <div class="actions">
        <Button work={work} act={fetch}>
          {work.busy ? 'Fetching frpc …' : 'Fetch frpc now'}
        </Button>
      </div>
      <p class="quiet small">The program that holds the tunnel. Otherwise the first start fetches it, and checks its digest.</p>
      <p class="small good" role="status">
        {said}
      </p>
      <Problem error={work.error ?? warning} />
    </section>
  )
}
