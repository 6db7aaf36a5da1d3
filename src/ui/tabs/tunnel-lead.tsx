import type { JSX } from 'preact'

/** The fields under Advanced settings. */
export type TunnelField = 'secret' | 'broker' | 'name'

const words: Record<TunnelField, string> = {
  secret: 'Enter the registration secret',
  broker: 'Change the broker',
  name: 'Choose another name',
}

/** What a person types there mends these. */
const fields: Record<string, TunnelField> = {
  TUNNEL_REGISTRATION_SECRET_REQUIRED: 'secret',
  TUNNEL_SECRET_REFUSED: 'secret',
  TUNNEL_AUTH_REVOKED: 'secret',
  TUNNEL_BROKER_INSECURE: 'broker',
  TUNNEL_BROKER_STRANGE: 'broker',
  TUNNEL_BROKER_REFUSED: 'broker',
  TUNNEL_SUBDOMAIN_TAKEN: 'name',
}

/** Where the page has a field for it. Pure. */
export function fieldFor(code: string): TunnelField | null {
  return fields[code] ?? null
}

/** A button that leads to the field, in place of what would be typed in a terminal; null where no field of the page mends it. */
export function leadTo(code: string): JSX.Element | null {
  const field = fieldFor(code)
  if (field === null) return null
  return (
    <p>
      <button type="button" onClick={() => show(field)}>
        {words[field]}
      </button>
    </p>
  )
}

function show(field: TunnelField): void {
  const input = document.getElementById(`tunnel-${field}`)
  const folded = input?.closest('details')
  if (folded) folded.open = true
  input?.focus()
}
