import type { SetFile } from '../../lib/broker/init.ts'
import type { KeyView, TunnelView } from '../../lib/broker/manage.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { pairs, table } from './table.ts'
import { duration } from './time.ts'

/** What `xopc broker start` says when gateways can come. Pure. */
export function renderBrokerStarted(given: { brokerUrl: string; publicUrlPattern: string; dev: boolean }): string[] {
  const { brokerUrl, publicUrlPattern, dev } = given
  return [
    `The broker runs: ${brokerUrl}`,
    `Tunnels come out at ${publicUrlPattern}`,
    ...(dev ? ['Only this computer reaches it. Ctrl-C ends it; names stay.'] : ['Ctrl-C ends it; names stay.']),
    '',
    `Next: xopc tunnel start --accept-risk --broker ${brokerUrl}`,
  ]
}

/** What `xopc broker init` says. Pure. */
export function renderInit(given: { domain: string; dir: string; files: readonly SetFile[]; dryRun: boolean }): string[] {
  const { domain, dir, files, dryRun } = given
  const list = pairs(files.map(({ path, about }) => [path, about] as const))
  if (dryRun) return [`Would be written for ${domain}:`, ...list, '', 'Nothing was written.']
  return [
    `Written for ${domain}:`,
    ...list,
    '',
    'What is left to do, as root:',
    `1. Add the records of ${dir}/DNS.txt, and open its ports.`,
    '2. Make a user for the broker, and give it the folder:',
    `     useradd --system --shell /usr/sbin/nologin xopc-broker && chown -R xopc-broker: ${dir}`,
    '3. Run the broker:',
    `     cp ${dir}/xopc-broker.service /etc/systemd/system/ && systemctl daemon-reload && systemctl enable --now xopc-broker`,
    '4. Put Caddy 2.7 or newer in front, on this host, and run it with the file:',
    `     install -m 0644 ${dir}/Caddyfile /etc/caddy/Caddyfile`,
    `     install -D -m 0644 ${dir}/caddy-xopc-broker.conf /etc/systemd/system/caddy.service.d/xopc-broker.conf`,
    '     systemctl daemon-reload && systemctl restart caddy',
    `5. Keep what ${dir}/BACKUP.md names.`,
    '6. Make a secret for each person who may have tunnels, as the user of the broker:',
    `     sudo -u xopc-broker env XOPC_STATE_DIR=${dir} xopc broker key create --dir ${dir} --name alice`,
    '',
    ...(isInHome(dir)
      ? [`${dir} is in a home folder, which the user xopc-broker cannot enter: --dir /var/lib/xopc-broker is a better place.`, '']
      : []),
    'Next: the steps above, in their order; they are explained in docs/guide/host-a-broker.md',
  ]
}

/** Folders below it are closed to other users. */
function isInHome(dir: string): boolean {
  return /^\/(?:root|home\/[^/]+)(?:\/|$)/.test(dir)
}

/** What `xopc broker key create` says; `where` are the words that name the folder. Pure. */
export function renderNewKey({ id, name, maxLeases, secret }: KeyView & { secret: string }, where: string): string[] {
  return [
    `Registration secret${name === '' ? '' : ` for ${cleanText(name, 64)}`}, key ${id}, for ${maxLeases} names at most:`,
    '',
    secret,
    '',
    'It is shown only now. Whoever has it can get names here; on the gateway it is given with: xopc tunnel secret set --stdin',
    `To end it, and all that came by it: xopc broker key revoke ${id}${where}`,
  ]
}

/** What `xopc broker key list` shows; `where` are the words that name the folder. Pure. */
export function renderKeys(keys: readonly KeyView[], { columns, where }: { columns: number; where: string }): string[] {
  if (keys.length === 0)
    return ['There is no registration secret yet, so nobody can get a name.', '', `Next: xopc broker key create${where}`]
  const rows = keys.map(({ id, name, leases, maxLeases, createdAt, revokedAt }) => [
    id,
    cleanText(name, 64),
    `${leases} of ${maxLeases}`,
    day(createdAt),
    revokedAt === null ? 'good' : `revoked ${day(revokedAt)}`,
  ])
  return table(['Id', 'Name', 'Names held', 'Made', 'State'], rows, columns)
}

/** What `xopc broker key revoke` says. Pure. */
export function renderKeyRevoked({ id, leases }: KeyView): string[] {
  const tunnels = leases === 1 ? 'The tunnel that came by it is' : `The ${leases} tunnels that came by it are`
  return [
    `Key ${id} is revoked. ${leases === 0 ? 'No tunnel came by it.' : `${tunnels} cut within 30 seconds where the broker runs, mostly at once.`}`,
  ]
}

/** What `xopc broker tunnels list` shows. Pure. */
export function renderTunnels(tunnels: readonly TunnelView[], { columns, now }: { columns: number; now: number }): string[] {
  if (tunnels.length === 0) return ['No name was given out yet.']
  const rows = tunnels.map((tunnel) => [
    tunnel.subdomain,
    tunnel.id,
    cleanText(tunnel.gatewayId, 64),
    tunnel.key,
    day(tunnel.createdAt),
    tunnel.lastHeartbeatAt === null ? '-' : ago(tunnel.lastHeartbeatAt, now),
    stateOf(tunnel, now),
  ])
  return table(['Name', 'Id', 'Gateway', 'Key', 'Given', 'Heard of', 'State'], rows, columns)
}

/** What `xopc broker tunnels revoke` says. Pure. */
export function renderTunnelRevoked({ subdomain }: TunnelView): string[] {
  return [
    `${subdomain} is revoked: nobody gets that name again, and its gateway gets no other.`,
    'Where the broker runs it is cut within 30 seconds, mostly at once.',
  ]
}

function stateOf({ state, endedAt, expiresAt }: TunnelView, now: number): string {
  if (state === 'held') return Date.parse(expiresAt) > now ? 'held' : 'held, not in use'
  return endedAt === null ? state : `${state} ${day(endedAt)}`
}

function day(time: string): string {
  return time.slice(0, 10)
}

function ago(time: string, now: number): string {
  return `${duration(Math.max(0, (now - Date.parse(time)) / 1000))} ago`
}
