import type { Plugin } from 'rolldown'

/** One change of a package's text while it is bundled. */
export interface Patch {
  readonly name: string
  /** End of the file's path. */
  readonly file: RegExp
  readonly find: RegExp
  readonly replace: string
}

/** What is changed in @oclif/core, each for a start that is measurably shorter: docs/decisions/003-build-time-patches.md. */
export const patches: readonly Patch[] = [
  {
    // What a package is needed for (a spinner, a pattern, help) most commands never do. Some packages are a function themselves.
    name: 'lazy-packages',
    file: /@oclif\/core\/lib\/.*\.js$/,
    find: /^const (\w+) = ((?:__importDefault\()?require\(["'](?:ansi-escapes|ansis|clean-stack|cli-spinners|debug|ejs|indent-string|lilconfig|minimatch|node:child_process|node:perf_hooks|node:readline|string-width|supports-color|tinyglobby|widest-line|wordwrap|wrap-ansi)["']\)\)?);$/gm,
    replace: 'const $1 = new Proxy(() => {}, { get: (_, name) => $2[name], apply: (_, self, given) => $2(...given) });',
  },
  {
    // The first localeCompare of a process starts ICU; command ids are ASCII.
    name: 'no-locale',
    file: /@oclif\/core\/lib\/config\/plugin\.js$/,
    find: /a\.id\.localeCompare\(b\.id\)/g,
    replace: '(a.id < b.id ? -1 : a.id > b.id ? 1 : 0)',
  },
  {
    // Only the user agent and the name of a Windows shell depend on it.
    name: 'no-wsl',
    file: /@oclif\/core\/lib\/util\/os\.js$/,
    find: /\(await import\('wsl-utils'\)\)\.isWsl \? 'wsl' : /g,
    replace: '',
  },
  {
    // The shell's name is asked of the user database, which throws for a user that is not in it (containers); only help says it.
    name: 'no-user-database',
    file: /@oclif\/core\/lib\/util\/os\.js$/,
    find: /process\.env\.SHELL \?\? \(0, node_os_1\.userInfo\)\(\)\.shell\?\.split\(node_path_1\.default\.sep\)\?\.pop\(\)/g,
    replace: 'process.env.SHELL',
  },
  {
    // The same for the home folder of oclif's caches. Where there is none at all, our own NO_HOME says so.
    name: 'no-home-folder',
    file: /@oclif\/core\/lib\/util\/os\.js$/,
    find: /\(0, node_os_1\.homedir\)\(\)/g,
    replace: '(() => { try { return (0, node_os_1.homedir)() } catch { return (0, node_os_1.tmpdir)() } })()',
  },
]

/** Applies the patches; the build fails where one finds nothing, so that an update of the package is looked at. */
export function applyPatches(chosen: readonly Patch[]): Plugin {
  const applied = new Set<string>()
  return {
    name: 'xopc-patches',
    transform(code, id) {
      const here = chosen.filter((patch) => patch.file.test(id) && code.search(patch.find) !== -1)
      for (const patch of here) applied.add(patch.name)
      return here.length === 0 ? null : here.reduce((text, patch) => text.replaceAll(patch.find, patch.replace), code)
    },
    buildEnd(error) {
      const idle = chosen.filter((patch) => !applied.has(patch.name)).map((patch) => patch.name)
      if (!error && idle.length > 0) throw new Error(`these patches found nothing to change: ${idle.join(', ')}`)
    },
  }
}

/** Modules of Node whose `import` runs getters that load far more than was asked for: `node:http` brings all of undici. */
const lean = ['node:http', 'node:fs', 'node:util']

/** Gives modules of Node to `import` without those getters; what has one cannot be imported by name. */
export function leanBuiltins(): Plugin {
  const prefix = '\0lean:'
  return {
    name: 'xopc-lean-builtins',
    resolveId: (source, _importer, { kind }) => (kind !== 'require-call' && lean.includes(source) ? `${prefix}${source}` : null),
    load(id) {
      if (!id.startsWith(prefix)) return null
      const name = id.slice(prefix.length)
      return `const it = process.getBuiltinModule('${name}')\nexport default it\nexport const { ${plainNames(name).join(', ')} } = it\n`
    },
  }
}

function plainNames(builtin: string): string[] {
  const properties = Object.entries(Object.getOwnPropertyDescriptors(process.getBuiltinModule(builtin) ?? {}))
  return properties
    .filter(([name, property]) => 'value' in property && /^[A-Za-z]\w*$/.test(name) && name !== 'default')
    .map(([name]) => name)
}
