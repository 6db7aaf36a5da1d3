import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ConfigChange } from '../../lib/protocol/http-api.ts'
import { useHouse, useSight } from '../context.ts'
import { type Closing, closingSetting } from '../own-way.ts'
import { Button, Press, useOffline, useWork } from '../parts/action.tsx'
import { Copyable } from '../parts/copy.tsx'
import type { Danger } from '../danger.ts'
import { DangerDialog } from '../parts/dialog.tsx'
import { Problem } from '../parts/problem.tsx'
import { dangerOf } from '../setting-dangers.ts'
import { fieldText, type SettingRow, typedValue } from '../settings-rows.ts'

/** Saves one setting; null takes it out of the file. */
export type Save = (path: string, value: unknown) => Promise<ConfigChange>

/** One setting: name, value, a sentence, how a change is taken; with what changes it. */
export function SettingLine({ row, save }: { row: SettingRow; save: Save }): JSX.Element {
  const [editing, setEditing] = useState(false)
  const [said, setSaid] = useState('')
  const work = useWork()
  const fixed = row.secret || editing || row.later !== null || row.origin !== null
  const [danger, setDanger] = useState<Danger | null>(null)
  const closingOf = useClosing()
  const reset = async (): Promise<void> => {
    const store = async (): Promise<void> => setSaid(outcome(await save(row.path, null), row.path))
    const closing = closingOf(row.path, row.byDefault, store)
    if (closing === null) await store()
    else setDanger(closing)
  }
  const done = (change: ConfigChange): void => {
    setSaid(outcome(change, row.path))
    setEditing(false)
  }
  return (
    <>
      <div class="setting">
        <div class="setting-name">
          <code>{row.name}</code>
          <span class="quiet small">{row.later === null ? row.take : 'comes later'}</span>
        </div>
        {!editing && <Value row={row} />}
        <div class="setting-actions">
          {!fixed && (
            <Press small press={() => setEditing(true)} label={`Change ${row.path}`}>
              Change
            </Press>
          )}
          {!row.secret && !editing && row.value !== undefined && row.origin === null && (
            <Button work={work} act={reset} label={`Reset ${row.path}`} small>
              Reset
            </Button>
          )}
        </div>
      </div>
      {editing && <Editor row={row} save={save} done={done} cancel={() => setEditing(false)} />}
      <p class="quiet small about">
        {row.about}
        {row.later !== null && ` Does nothing yet: ${row.later} comes with a later version.`}
        {row.origin !== null
          ? ` ${row.origin} wins over the file. To change it, start the gateway without.`
          : row.env !== null && ` The variable ${row.env} wins over it.`}
      </p>
      {row.secret && row.later === null && row.origin === null && <SecretHelp path={row.path} />}
      <p class="small good" role="status">
        {said}
      </p>
      <Problem error={work.error} />
      {danger !== null && <DangerDialog danger={danger} close={() => setDanger(null)} />}
    </>
  )
}

/** What is asked before a change that takes this page its way; null where it does not. */
function useClosing(): (path: string, value: unknown, store: () => Promise<void>) => Danger | null {
  const { gateway, facts } = useHouse()
  const { overview, status } = useSight()
  return (path, value, store) => {
    const closing: Closing | null = closingSetting(path, value, { origin: location.origin, face: facts.face, overview, status })
    return closing && { ...closing.question, act: () => gateway.closeWay(closing.after, store) }
  }
}

function outcome({ reload }: ConfigChange, path: string): string {
  if (reload === null) return 'Saved.'
  if (reload.restartNeeded.includes(path)) return 'Saved. Restart needed.'
  return reload.ok ? 'Saved and applied.' : 'Saved, but the gateway goes on with what it had.'
}

function Value({ row: { value, byDefault, secret, origin } }: { row: SettingRow }): JSX.Element {
  if (origin !== null) return <span class="value">From {origin}</span>
  if (secret)
    return (
      <span class="value">
        {value === undefined ? 'Not set' : `Set, ${isReference(value) ? `from ${fieldText(value)}` : 'in the file'}`}
      </span>
    )
  if (value !== undefined) return <span class="value">{fieldText(value) || '(empty)'}</span>
  return <span class="value quiet">{fieldText(byDefault) === '' ? 'not set' : `${fieldText(byDefault)} (default)`}</span>
}

function isReference(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('${')
}

/** A secret is typed into no page: it goes from the terminal into the file. */
function SecretHelp({ path }: { path: string }): JSX.Element {
  return (
    <details>
      <summary class="small">Change it</summary>
      <Copyable text={`xopc config set --stdin ${path}`} />
    </details>
  )
}

function Editor(given: { row: SettingRow; save: Save; done: (change: ConfigChange) => void; cancel: () => void }): JSX.Element {
  const { row, save, done, cancel } = given
  const [text, setText] = useState(fieldText(row.value ?? row.byDefault))
  const [danger, setDanger] = useState<Danger | null>(null)
  const form = useRef<HTMLFormElement>(null)
  const { gateway } = useHouse()
  const closingOf = useClosing()
  const offline = useOffline()
  const work = useWork()
  // At once, so that no letter is lost.
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>('input, select, textarea')?.focus(), [])
  const store = async (): Promise<void> => done(await save(row.path, typedValue(row, text)))

  function submit(event: SubmitEvent): void {
    event.preventDefault()
    if (offline) return
    const value = typedValue(row, text)
    const risk = dangerOf(row.path, value, gateway)
    const closing = closingOf(row.path, value ?? row.byDefault, store)
    if (risk === null && closing === null) void work.run(store)
    else setDanger(closing ?? (risk && { ...risk, act: async () => await (risk.act?.().then(cancel) ?? store()) }))
  }

  return (
    <form
      ref={form}
      class="editor"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && danger === null) cancel()
      }}
    >
      <Input row={row} text={text} change={setText} />
      <div class="actions">
        <button type="submit" class="main" aria-disabled={work.busy || offline} data-offline={offline ? '' : undefined}>
          Save
        </button>
        <button type="button" onClick={cancel}>
          Cancel
        </button>
      </div>
      <Problem error={work.error} />
      {danger !== null && <DangerDialog danger={danger} close={() => setDanger(null)} />}
    </form>
  )
}

function Input({ row, text, change }: { row: SettingRow; text: string; change: (text: string) => void }): JSX.Element {
  const { field, path } = row
  if (field.kind === 'choice')
    return (
      <select aria-label={path} value={text} onChange={({ currentTarget }) => change(currentTarget.value)}>
        {[...new Set([...field.choices, text])].filter(Boolean).map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    )
  if (field.kind === 'list')
    return (
      <textarea
        aria-label={`${path}, one on each line`}
        rows={3}
        value={text}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
    )
  return (
    <input
      type="text"
      aria-label={path}
      inputMode={field.kind === 'number' ? 'numeric' : 'text'}
      autocomplete="off"
      spellcheck={false}
      value={text}
      onInput={({ currentTarget }) => change(currentTarget.value)}
    />
  )
}
