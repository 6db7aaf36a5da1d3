import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Device } from '../../lib/protocol/pairing-api.ts'
import { useHouse } from '../context.ts'
import { useDevices } from '../devices-list.ts'
import { Button, Press, useWork } from '../parts/action.tsx'
import { Copyable } from '../parts/copy.tsx'
import type { Danger } from '../danger.ts'
import { DangerDialog } from '../parts/dialog.tsx'
import { Pairing } from '../parts/pairing.tsx'
import { Problem } from '../parts/problem.tsx'
import { Ago } from '../parts/time.tsx'
import { allowedText, doorName } from '../words.ts'

/** What joined by a pairing code: seen when, by which door, from where; and how it is thrown out. */
export function Devices(): JSX.Element {
  const { admin } = useHouse()
  if (admin) return <DeviceList />
  return (
    <>
      <p>To see and revoke devices, on the gateway’s computer:</p>
      <Copyable text="xopc devices list" />
    </>
  )
}

function DeviceList(): JSX.Element {
  const { gateway } = useHouse()
  const { devices, error, read } = useDevices()
  const [danger, setDanger] = useState<Danger | null>(null)

  const revoke = (device: Device): void =>
    setDanger({
      title: `Revoke “${device.name}”?`,
      sentences: ['It is signed out at once, and what it has open is closed.', 'To come back it needs a new pairing code.'],
      verb: 'Revoke',
      act: () => gateway.client.revokeDevice(device.id).then(read),
    })
  const revokeAll = (): void =>
    setDanger({
      title: 'Revoke every device?',
      sentences: [
        'Every phone and every browser that was paired is signed out at once.',
        'Programs that use a device’s token stop working.',
        'Each of them needs a new pairing code to come back.',
      ],
      verb: 'Revoke all devices',
      act: () => gateway.client.revokeDevices().then(read),
    })

  return (
    <>
      <Pairing />
      <Problem error={error} />
      <h2>Paired devices</h2>
      {devices?.length === 0 && <p class="quiet">No device is paired.</p>}
      <ul id="devices" class="cards">
        {devices?.map((device) => (
          <li key={device.id} class="card">
            <DeviceCard device={device} revoke={() => revoke(device)} changed={read} />
          </li>
        ))}
      </ul>
      {devices !== null && devices.length > 1 && (
        <Press kind="danger-plain" press={revokeAll}>
          Revoke all devices
        </Press>
      )}
      {danger !== null && <DangerDialog danger={danger} close={() => (setDanger(null), void read())} />}
    </>
  )
}

function DeviceCard({ device, revoke, changed }: { device: Device; revoke: () => void; changed: () => Promise<void> }): JSX.Element {
  const [renaming, setRenaming] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const was = useRef(false)
  useLayoutEffect(() => {
    // The field that had the focus is gone.
    if (was.current && !renaming) button.current?.focus()
    was.current = renaming
  }, [renaming])
  const { name, kind, platform, scopes, baseUrl, pairedAt, lastSeenAt, lastIp, lastIngress } = device
  const what = { app: 'App or program', browser: 'Browser' }[kind]
  return (
    <>
      <div class="row">
        <h3>{name}</h3>
        <span class="quiet small">
          {what}
          {platform === null ? '' : `, ${platform}`}
        </span>
      </div>
      <p>
        {lastSeenAt === null ? (
          'Never seen since it was paired.'
        ) : (
          <>
            Last seen <Ago at={lastSeenAt} />
            {lastIngress === null ? '' : ` by ${doorName(lastIngress)}`}
            {lastIp === null ? '' : ` from ${lastIp}`}.
          </>
        )}
      </p>
      <p class="quiet small">
        Paired <Ago at={pairedAt} />
        {baseUrl === null ? '' : ` with ${baseUrl}`}. {allowedText(scopes)}
      </p>
      {renaming ? (
        <Rename device={device} done={async () => (await changed(), setRenaming(false))} cancel={() => setRenaming(false)} />
      ) : (
        <div class="actions">
          <Press own={button} press={() => setRenaming(true)} label={`Rename ${name}`}>
            Rename
          </Press>
          <Press kind="danger-plain" press={revoke} label={`Revoke ${name}`}>
            Revoke
          </Press>
        </div>
      )}
    </>
  )
}

function Rename({ device, done, cancel }: { device: Device; done: () => Promise<void>; cancel: () => void }): JSX.Element {
  const { gateway } = useHouse()
  const field = useRef<HTMLInputElement>(null)
  const [name, setName] = useState(device.name)
  const work = useWork()
  // At once, so that no letter is lost.
  useLayoutEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [])
  const save = async (): Promise<void> => {
    await gateway.client.renameDevice(device.id, name)
    await done()
  }
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault()
        void work.run(save)
      }}
      onKeyDown={({ key }) => {
        if (key === 'Escape') cancel()
      }}
    >
      <input
        ref={field}
        type="text"
        aria-label="Name of the device"
        value={name}
        onInput={({ currentTarget }) => setName(currentTarget.value)}
      />
      <div class="actions">
        <Button work={work} act={save} kind="main">
          Save
        </Button>
        <button type="button" onClick={cancel}>
          Cancel
        </button>
      </div>
      <Problem error={work.error} />
    </form>
  )
}
