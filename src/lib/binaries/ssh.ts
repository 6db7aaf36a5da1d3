import { XopcError } from '../errors/error.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { readText } from '../system/files.ts'
import { findProgram } from '../system/find-program.ts'
import { reasonOf } from '../system/file-errors.ts'
import { run } from '../system/process.ts'
import { binaryErrors } from './errors.ts'
import { type SshTarget, sshTargetText, sshWords } from './ssh-target.ts'

/** A forward for ssh to open. */
export interface SshForward {
  target: SshTarget
  /** Hosts to go over, in order. */
  jump: readonly SshTarget[]
  /** Path of a private key, added to those of the agent and the configuration; null for none. */
  identity: string | null
  /** This end: a unix socket's path. */
  socket: string
  /** The far end: a port of its loopback address, or a unix socket there. */
  far: { port: number } | { socket: string }
}

/** Loss is noticed after two of these, in seconds: sooner than TCP gives up, and before a person does. */
const ALIVE_S = 5
const ALIVE_COUNT = 2
/** Of one attempt to connect, in seconds; the next follows at once. */
const CONNECT_S = 5

/**
 * What ssh is started with. The configuration, agent and known hosts of the user count: nothing here says which keys to trust, and BatchMode makes
 * a refusal of every question (ssh_config(5)). Options given here win over the configuration. Pure.
 */
export function forwardArgs({ target, jump, identity, socket, far }: SshForward): string[] {
  const options = [
    ...unattended,
    'ExitOnForwardFailure=yes',
    // A shared connection of the user's would outlive us, and its end would not be ours to see.
    'ControlMaster=no',
    'ControlPath=none',
    'LogLevel=INFO',
  ]
  return [
    '-N',
    '-T',
    ...asFlags(options),
    ...(identity === null ? [] : ['-i', identity]),
    ...(jump.length === 0 ? [] : ['-J', jump.map(sshTargetText).join(',')]),
    '-L',
    forwardText({ socket, far }),
    // Whatever a target looks like, it is no option (attack A82).
    ...withEnd(sshWords(target)),
  ]
}

/** What holds for every connection that nobody watches. */
const unattended = [
  'BatchMode=yes',
  `ServerAliveInterval=${ALIVE_S}`,
  `ServerAliveCountMax=${ALIVE_COUNT}`,
  `ConnectTimeout=${CONNECT_S}`,
  // Ours is the only forward, and it takes the place of one that a crash left; nobody else gets in.
  'StreamLocalBindUnlink=yes',
  'StreamLocalBindMask=0177',
  'ForwardAgent=no',
  'ForwardX11=no',
  'Tunnel=no',
]

/** A connection that commands one after the other share. */
export interface SharedSsh {
  target: SshTarget
  identity: string | null
  /** Path of its control socket; no longer than `SHARED_PATH_MAX` bytes. */
  control: string
}

/** ssh first makes its control socket under this name and 17 more characters, and the system ends names of sockets at 104 (macOS). */
export const SHARED_PATH_MAX = 86
/** How long a shared connection stays after its last use, in seconds. */
const SHARED_S = 60

/** Runs a command on the far computer by the shared connection, which is made where there is none (ssh_config(5): ControlPersist). Pure. */
export function sharedArgs({ target, identity, control }: SharedSsh, command: readonly string[]): string[] {
  // It stays longer than the command, and must not hold the ports that the user's configuration forwards for a person who signs in.
  const options = [
    ...unattended,
    'ClearAllForwardings=yes',
    'RemoteCommand=none',
    'ControlMaster=auto',
    `ControlPersist=${SHARED_S}`,
    ...controlPath(control),
  ]
  return ['-T', ...asFlags(options), ...(identity === null ? [] : ['-i', identity]), ...withEnd(sshWords(target)), ...command]
}

/** Lets the shared connection lead a socket here to the far end; one that does already stays as it is. Pure. */
export function sharedForwardArgs(shared: SharedSsh, forward: Pick<SshForward, 'socket' | 'far'>): string[] {
  return toShared(shared, ['-O', 'forward', '-L', forwardText(forward)])
}

/** Ends a forward of the shared connection. Pure. */
export function sharedCancelArgs(shared: SharedSsh, forward: Pick<SshForward, 'socket' | 'far'>): string[] {
  return toShared(shared, ['-O', 'cancel', '-L', forwardText(forward)])
}

/** Ends the shared connection. Pure. */
export function sharedExitArgs(shared: SharedSsh): string[] {
  return toShared(shared, ['-O', 'exit'])
}

function toShared({ target, control }: SharedSsh, words: readonly string[]): string[] {
  // With the user's configuration it would ask for the forwards of that, too, and fail where one is taken.
  return ['-F', '/dev/null', ...words, ...asFlags(controlPath(control)), ...withEnd(sshWords(target))]
}

/** Asks ssh for one connection to a port of the far computer, to hear why there is none. Pure. */
export function lookArgs({ target, identity }: Omit<SharedSsh, 'control'>, port: number): string[] {
  const options = [...unattended, 'ControlMaster=no', 'ControlPath=none', 'LogLevel=INFO']
  const key = identity === null ? [] : ['-i', identity]
  return ['-T', ...asFlags(options), ...key, '-W', `127.0.0.1:${port}`, ...withEnd(sshWords(target))]
}

/** ssh fills in what follows a percent sign. */
function controlPath(path: string): string[] {
  return [`ControlPath=${path.replaceAll('%', '%%')}`]
}

function forwardText({ socket, far }: Pick<SshForward, 'socket' | 'far'>): string {
  return `${socket}:${'port' in far ? `127.0.0.1:${far.port}` : far.socket}`
}

function asFlags(options: readonly string[]): string[] {
  return options.flatMap((option) => ['-o', option])
}

/** The line that a person would type for a port of this computer; quoted for a shell. Pure. */
export function forwardLine(given: Omit<SshForward, 'socket' | 'far'> & { localPort: number; remotePort: number }): string {
  const { target, jump, identity, localPort, remotePort } = given
  const key = identity === null ? [] : ['-i', quoted(identity)]
  const over = jump.length === 0 ? [] : ['-J', jump.map(sshTargetText).join(',')]
  return ['ssh', '-N', ...key, ...over, '-L', `${localPort}:127.0.0.1:${remotePort}`, ...sshWords(target)].join(' ')
}

/** Path of the ssh to use: `XOPC_SSH_PATH`, else the one on PATH. Throws `SSH_MISSING`, `SSH_TOO_OLD`. */
export async function findSsh(env: NodeJS.ProcessEnv): Promise<string> {
  const wanted = env['XOPC_SSH_PATH'] || 'ssh'
  const path = await findProgram(wanted, env).catch((error: unknown) => {
    if (error instanceof XopcError && error.code === 'PROGRAM_NOT_FOUND')
      throw binaryErrors.SSH_MISSING({ program: wanted }, { cause: error })
    throw error
  })
  const { stdout, stderr } = await run(path, ['-V'], { env })
  const said = cleanText(`${stderr}${stdout}`.split('\n')[0] ?? '', 100)
  if (!isNewEnough(said))
    throw binaryErrors.SSH_TOO_OLD({ version: said === '' ? 'it does not say which version it is' : said, needed: NEEDED.join('.') })
  return path
}

/** `RemoteCommand=none` came with it; jump hosts with 7.3. */
const NEEDED = [7, 6] as const

/** Whether what `ssh -V` says names an OpenSSH that has what is used here: `OpenSSH_9.2p1 Debian-2, …`. Pure. */
export function isNewEnough(said: string): boolean {
  const [, major, minor] = /^OpenSSH_(?:for_Windows_)?(\d+)\.(\d+)/.exec(said) ?? []
  if (major === undefined || minor === undefined) return false
  const [first, second] = [Number(major), Number(minor)]
  return first > NEEDED[0] || (first === NEEDED[0] && second >= NEEDED[1])
}

/** Looks whether a private key can be read, because ssh passes over one that cannot. Throws `SSH_IDENTITY_MISSING`. */
export async function requireIdentity(path: string): Promise<void> {
  try {
    if ((await readText(path)) !== null) return
  } catch (error) {
    throw binaryErrors.SSH_IDENTITY_MISSING({ path: cleanText(path, 300), reason: reasonOf(error) }, { cause: error })
  }
  throw binaryErrors.SSH_IDENTITY_MISSING({ path: cleanText(path, 300), reason: 'there is no such file' })
}

/** Why ssh can end; each is told with the target, the words for ssh and its own reason. */
type Ending =
  | 'SSH_AUTH_FAILED'
  | 'SSH_CONFIG_INVALID'
  | 'SSH_HOST_KEY_CHANGED'
  | 'SSH_HOST_KEY_UNKNOWN'
  | 'SSH_HOST_NOT_FOUND'
  | 'SSH_LOST'
  | 'SSH_NO_CONNECTION'

/** What ssh's last words mean, the weightiest first; recorded from OpenSSH 9.2. */
const signatures: readonly [RegExp, Ending][] = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED/, 'SSH_HOST_KEY_CHANGED'],
  [/Host key verification failed|No \S+ host key is known/, 'SSH_HOST_KEY_UNKNOWN'],
  [/Permission denied|Too many authentication failures/, 'SSH_AUTH_FAILED'],
  [/Could not resolve hostname/, 'SSH_HOST_NOT_FOUND'],
  [/[Bb]ad configuration option|Bad owner or permissions|[Mm]issing argument|[Uu]nsupported option|cannot listen to/, 'SSH_CONFIG_INVALID'],
  [/Timeout, server .* not responding|closed by remote host|Broken pipe/, 'SSH_LOST'],
  [/refused|timed out|No route to host|[Uu]nreachable|Connection (?:closed|reset)|kex_exchange_identification/, 'SSH_NO_CONNECTION'],
]

/** Why ssh ended, from the lines it said. Pure. */
export function sshFailure(target: SshTarget, lines: readonly string[]): XopcError {
  for (const [pattern, code] of signatures) {
    const line = lines.find((each) => pattern.test(each))
    if (line !== undefined) return binaryErrors[code](factsOf(target, line))
  }
  return binaryErrors.SSH_FAILED(factsOf(target, lines.at(-1) ?? 'it said nothing'))
}

/** That the server forwards nothing. Pure. */
export function forwardingForbidden(target: SshTarget): XopcError {
  return binaryErrors.SSH_FORWARDING_FORBIDDEN({ target: sshTargetText(target) })
}

function factsOf(target: SshTarget, line: string) {
  const reason = cleanText(line, 200).replace(/[.\s]+$/, '')
  return {
    target: sshTargetText(target),
    command: sshWords(target).join(' '),
    reason,
    path: '',
    problem: '',
    program: '',
    version: '',
    needed: '',
  }
}

/** What another attempt could mend by itself; everything else waits for a person. Pure. */
export function isPassing({ code }: Pick<XopcError, 'code'>): boolean {
  return ['SSH_LOST', 'SSH_NO_CONNECTION', 'SSH_HOST_NOT_FOUND', 'SSH_FAILED'].includes(code)
}

/** What the server says of a connection through the forward that it did not make (ssh(1) writes it per connection). Pure. */
export function refusalIn(line: string): 'forbidden' | 'nobody-listens' | null {
  const [, reason] = /^channel \d+: open failed: (.*)$/.exec(line) ?? []
  if (reason === undefined) return null
  return /administratively prohibited/.test(reason) ? 'forbidden' : 'nobody-listens'
}

function withEnd(words: string[]): string[] {
  return [...words.slice(0, -1), '--', ...words.slice(-1)]
}

/** A word for a POSIX shell; plain ones stay as they are. */
function quoted(word: string): string {
  return /^[\w./~+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
