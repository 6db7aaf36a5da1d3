import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../../support/build.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { run, start, type Ran } from '../../support/run.ts'

/** Where a block of the guide runs: `home` (192.168.1.20) has the gateway, `other` (192.168.1.30) is another device. */
export type Where = 'home' | 'other'

/** What a computer is given before a page begins. */
export interface Furniture {
  /** Its /etc and /run, for as long as something runs there. */
  etc: string
  run: string
  /** A folder in its PATH. */
  bin: string
  env: NodeJS.ProcessEnv
}

/** Two computers with a cable between them and nothing else, so that addresses, ports and paths of a page can be taken at their word. */
export interface Computers {
  readonly furniture: Furniture
  /** Runs a shell script there to its end. */
  run(where: Where, script: string, exports?: NodeJS.ProcessEnv): Promise<Ran>
  /** Starts a shell script there; it ends with the computers. */
  start(where: Where, script: string): ReturnType<typeof start>
  /** Ends everything that runs there, and takes both away. */
  remove(): Promise<void>
}

const minutes = 60_000

/** Makes both. The names must be no others' on this computer. Throws what `ip` printed. */
export async function createComputers(ip: string, names: Record<Where, string>): Promise<Computers> {
  const furniture = await furnish()
  const { etc, run: runtime } = furniture
  // A namespace of mounts comes with `ip netns exec`: what is mounted there nobody else sees.
  const script = 'mount --bind "$1" /etc; mount --bind "$2" /run; exec sh -eu -c "$3"'
  const argv = (where: Where, text: string) =>
    [ip, 'netns', 'exec', names[where], 'sh', '-eu', '-c', script, 'sh', etc, runtime, text] as const
  await connect(ip, names)
  return {
    furniture,
    run: (where, text, exports = {}) => run(argv(where, text), { env: { ...furniture.env, ...exports }, timeoutMs: minutes }),
    start: (where, text) => start(argv(where, text), { env: furniture.env, timeoutMs: 10 * minutes }),
    async remove() {
      for (const name of Object.values(names)) {
        const { stdout } = await run([ip, 'netns', 'pids', name])
        for (const pid of stdout.split('\n').filter(Boolean)) kill(Number(pid))
        await run([ip, 'netns', 'del', name])
      }
    },
  }
}

/** One that ended meanwhile is as good as ended. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function connect(ip: string, { home, other }: Record<Where, string>): Promise<void> {
  const commands = [
    `netns add ${home}`,
    `netns add ${other}`,
    `link add eth0 netns ${home} type veth peer name eth0 netns ${other}`,
    `-n ${home} addr add 192.168.1.20/24 dev eth0`,
    `-n ${other} addr add 192.168.1.30/24 dev eth0`,
    ...[home, other].flatMap((each) => [`-n ${each} link set lo up`, `-n ${each} link set eth0 up`]),
  ]
  for (const command of commands) {
    const ran = await run([ip, ...command.split(' ')])
    if (ran.code !== 0) throw new Error(`ip ${command}: ${ran.stderr}`)
  }
}

/** What programs read in /etc, and what the pages write there; names are those of the pages. */
const kept = ['alternatives', 'group', 'ld.so.cache', 'localtime', 'mime.types', 'nginx', 'passwd', 'ssl']
const written = {
  hosts: ['127.0.0.1 localhost', '::1 localhost', '192.168.1.20 gateway.example.com'],
  'resolv.conf': [],
  'nsswitch.conf': ['hosts: files', 'passwd: files', 'group: files'],
}

async function furnish(): Promise<Furniture> {
  const home = await tempFolder()
  const [etc, runtime, bin] = [join(home, 'etc'), join(home, 'run'), join(home, 'bin')]
  for (const folder of [etc, runtime, bin]) await mkdir(folder)
  for (const name of kept.filter((each) => existsSync(join('/etc', each)))) {
    await cp(join('/etc', name), join(etc, name), { recursive: true, verbatimSymlinks: true })
  }
  for (const [name, lines] of Object.entries(written)) await writeFile(join(etc, name), `${lines.join('\n')}\n`)
  // These computers have one user, who is root.
  await writeScript(bin, 'sudo', 'exec "$@"')
  await symlink(join(root, 'bin/run.js'), join(bin, 'xopc'))
  await chmod(join(root, 'bin/run.js'), 0o755)
  return { etc, run: runtime, bin, env: { ...outerEnvironment(), HOME: home, NO_COLOR: '1', PATH: pathWith(bin) } }
}

/** Puts a shell script into a folder of programs. */
export async function writeScript(folder: string, name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
}

function outerEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(XOPC_|XDG_|VITEST|NODE_)/.test(key)))
}

function pathWith(bin: string): string {
  return [bin, dirname(process.execPath), process.env['PATH'], '/usr/local/sbin:/usr/sbin:/sbin'].join(':')
}
