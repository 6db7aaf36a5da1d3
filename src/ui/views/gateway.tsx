import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { ConfigChange } from '../../lib/protocol/http-api.ts'
import { useHouse, useSight } from '../context.ts'
import { Button, useWork } from '../parts/action.tsx'
import { Copyable } from '../parts/copy.tsx'
import { Problem } from '../parts/problem.tsx'
import { Ago } from '../parts/time.tsx'
import { type SettingGroup, settingGroups } from '../settings-rows.ts'
import { readSettings, type Settings } from '../settings.ts'
import { type Save, SettingLine } from './setting-line.tsx'

/** The gateway itself, and every setting of it. */
export function GatewayPage(): JSX.Element {
  const { admin } = useHouse()
  return (
    <>
      <Facts />
      {admin ? (
        <SettingsForm />
      ) : (
        <>
          <h2>Settings</h2>
          <p>To change settings, on the gateway’s computer:</p>
          <Copyable text="xopc config edit" />
        </>
      )}
    </>
  )
}

function Facts(): JSX.Element | null {
  const { status } = useSight()
  if (status === null) return null
  const facts = [
    ['Version', status.version],
    ['Sign-in', status.authMode],
    ['App', status.upstream ?? 'none yet'],
    ['Gateway', status.gatewayId],
    ['Fingerprint', status.fingerprint],
  ] as const
  return (
    <dl id="facts" class="card">
      <div>
        <dt>Address</dt>
        <dd>
          <Copyable text={status.url} />
        </dd>
      </div>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <div>
        <dt>Running since</dt>
        <dd>
          <Ago at={status.startedAt} />
        </dd>
      </div>
    </dl>
  )
}

function SettingsForm(): JSX.Element {
  const { gateway } = useHouse()
  const [settings, setSettings] = useState<Settings | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [restart, setRestart] = useState<readonly string[]>([])
  useEffect(() => {
    const read = (): void => void readSettings(gateway).then((all) => (setSettings(all), setError(null)), setError)
    read()
    return gateway.on(['config.reload'], read)
  }, [gateway])

  async function save(path: string, value: unknown): Promise<ConfigChange> {
    const change = await gateway.client.patchConfig({ [path]: value }, settings?.view.etag)
    setSettings((before) => before && { ...before, view: change })
    setRestart((before) => [...new Set([...before, ...(change.reload?.restartNeeded ?? [])])])
    return change
  }

  return (
    <>
      <h2>Settings</h2>
      <Problem error={error} />
      {restart.length > 0 && <RestartNeeded keys={restart} />}
      {settings === null ? (
        <p class="quiet later">Asking the gateway …</p>
      ) : (
        <>
          <p class="quiet small">They are in this file, which you can edit as well:</p>
          <Copyable text={settings.view.path} />
          <Groups groups={settingGroups(settings.schema, settings.view)} save={save} />
        </>
      )}
    </>
  )
}

/** What does something now, and folded below it what waits for a later version. */
function Groups({ groups, save }: { groups: readonly SettingGroup[]; save: Save }): JSX.Element {
  const waits = ({ rows }: SettingGroup): boolean => rows.every(({ later }) => later !== null)
  const later = groups.filter(waits)
  const card = (group: SettingGroup): JSX.Element => <GroupCard key={group.path} group={group} save={save} />
  return (
    <>
      {groups.filter((group) => !waits(group)).map(card)}
      {later.length > 0 && (
        <details class="later-groups">
          <summary>Comes with a later version: {later.map(({ path }) => path).join(', ')}</summary>
          {later.map(card)}
        </details>
      )}
    </>
  )
}

function GroupCard({ group: { path, about, rows }, save }: { group: SettingGroup; save: Save }): JSX.Element {
  return (
    <section class="card settings" aria-labelledby={`group-${path}`}>
      <h3 id={`group-${path}`}>{path}</h3>
      {about !== '' && <p class="quiet small">{about}</p>}
      <ul>
        {rows.map((row) => (
          <li key={row.path} id={`setting-${row.path}`}>
            <SettingLine row={row} save={save} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function RestartNeeded({ keys }: { keys: readonly string[] }): JSX.Element {
  const { gateway } = useHouse()
  const work = useWork()
  return (
    <div class="notice warn" role="status">
      <p>Saved, and in effect after a restart: {keys.join(', ')}.</p>
      <Button work={work} act={gateway.client.restart}>
        Restart the gateway
      </Button>
      <Problem error={work.error} />
    </div>
  )
}
