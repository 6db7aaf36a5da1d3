import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { TunnelStatus } from '../../lib/protocol/tunnel-api.ts'
import { useHouse, useSight } from '../context.ts'
import type { Danger } from '../danger.ts'
import { closing } from '../own-way.ts'
import { Button, useOffline, useWork } from '../parts/action.tsx'
import { DangerDialog } from '../parts/dialog.tsx'
import { Problem } from '../parts/problem.tsx'
import { isMoving, type Typed, typedPatch } from '../tunnel-form.ts'
import type { TunnelSettings } from '../tunnel-status.ts'
import { brokerHost } from '../words.ts'

const SECRET = 'XOPC_TUNNEL_REGISTRATION_SECRET'

/** Where the registration secret comes from; it is never shown itself. */
const sources: Record<TunnelStatus['registrationSecret']['source'], string> = {
  env: `Set, from ${SECRET}, which wins over what is saved here.`,
  config: 'Set, in the configuration file.',
  dev: 'The well-known one of brokers for trying.',
  none: 'Not set. Whoever runs the broker gives it to you; it is not the token of the gateway.',
}

/** The broker, what it asks for, and the name to ask it for: saved in one go, because a stored secret goes to no other broker. */
export function BrokerForm({ status, settings }: { status: TunnelStatus; settings: TunnelSettings }): JSX.Element {
  const { gateway, facts } = useHouse()
  const { overview } = useSight()
  const [typed, setTyped] = useState<Typed>({ secret: '', broker: status.config.brokerUrl, name: settings.subdomain })
  const [danger, setDanger] = useState<Danger | null>(null)
  const [said, setSaid] = useState('')
  // What was saved here or elsewhere stands in the fields.
  useEffect(
    () => setTyped({ secret: '', broker: status.config.brokerUrl, name: settings.subdomain }),
    [status.config.brokerUrl, settings.subdomain],
  )
  const offline = useOffline()
  const work = useWork()
  const { source } = status.registrationSecret
  const before = { broker: status.config.brokerUrl, name: settings.subdomain, source }
  const moving = isMoving(typed, before)
  const fixedBroker = settings.brokerOrigin !== null || source === 'env'

  async function store(patch: Record<string, unknown>): Promise<void> {
    await gateway.change(gateway.client.patchConfig(patch))
    setSaid('Saved.')
    setTyped((now) => ({ ...now, secret: '' }))
  }

  /** Another broker or name is another address, by which this page may have come. */
  async function save(): Promise<void> {
    setSaid('')
    const patch = typedPatch(typed, before)
    const moves = 'tunnel.brokerUrl' in patch || 'tunnel.subdomain' in patch
    const own = moves ? closing('tunnel', { origin: location.origin, face: facts.face, overview }) : null
    if (own === null) await store(patch)
    else setDanger({ ...own.question, act: () => gateway.closeWay(own.after, () => store(patch)) })
  }

  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault()
        if (!offline) void work.run(save)
      }}
    >
      {/* A browser that offers to keep the secret keeps it under the broker, and not as the password of this page. */}
      <input type="text" autocomplete="username" value={brokerHost(typed.broker)} hidden readOnly />
      <Field
        id="tunnel-secret"
        label={moving ? 'Registration secret of the new broker' : 'Registration secret'}
        secret
        value={typed.secret}
        fixed={source === 'env'}
        change={(secret) => setTyped({ ...typed, secret })}
        about={moving ? 'What is stored belongs to the broker of before, and is forgotten.' : sources[source]}
      />
      {source === 'config' && !moving && (
        <Button work={work} act={() => store({ 'tunnel.registrationSecret': null })} small>
          Clear the secret
        </Button>
      )}
      <Field
        id="tunnel-broker"
        label="Broker"
        value={typed.broker}
        fixed={fixedBroker}
        change={(broker) => setTyped({ ...typed, broker })}
        about={brokerText(settings.brokerOrigin, source)}
      />
      <Field
        id="tunnel-name"
        label="Preferred name"
        value={typed.name}
        fixed={false}
        change={(name) => setTyped({ ...typed, name })}
        about="4 to 16 small letters and digits, where nobody else has them. Empty: the broker chooses."
      />
      <div class="actions">
        <button type="submit" aria-disabled={work.busy || offline} data-offline={offline ? '' : undefined}>
          Save
        </button>
      </div>
      <p class="small good" role="status">
        {said}
      </p>
      <Problem error={work.error} />
      {danger !== null && <DangerDialog danger={danger} close={() => setDanger(null)} />}
    </form>
  )
}

function brokerText(origin: string | null, source: TunnelStatus['registrationSecret']['source']): string {
  if (origin !== null) return `From ${origin}, which wins over the file.`
  if (source === 'env')
    return `The secret is set by ${SECRET}, and would go to any other broker, too. Start the gateway without it to change this.`
  return 'Whoever runs it can read and change what goes through. Where the tunnel is on, it is opened anew with another one.'
}

function Field(given: {
  id: string
  label: string
  secret?: boolean
  value: string
  fixed: boolean
  change: (text: string) => void
  about: string
}): JSX.Element {
  const { id, label, secret = false, value, fixed, change, about } = given
  const field = {
    id,
    value,
    spellcheck: false,
    readOnly: fixed,
    'aria-describedby': `${id}-about`,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => change(currentTarget.value),
  }
  return (
    <>
      <label for={id}>{label}</label>
      {secret ? <input type="password" autocomplete="new-password" {...field} /> : <input type="text" autocomplete="off" {...field} />}
      <p id={`${id}-about`} class="quiet small">
        {about}
      </p>
    </>
  )
}
