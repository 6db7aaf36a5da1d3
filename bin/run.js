#!/usr/bin/env node
// Read by every Node, also by one that is too old: nothing here is newer than 2020, and nothing is loaded before the version is known.
var versions = process.versions.node.split('.').map(Number)
var major = versions[0]
var supported = (major === 22 && versions[1] >= 22) || (major === 24 && versions[1] >= 15) || major >= 26

if (!supported) {
  console.error('xopc needs Node.js 22.22, 24.15, 26 or newer and this is ' + process.versions.node + ': in the repository, type `npx xopc` or `npm start`, which bring their own.')
  process.exitCode = 1
} else {
  start()
}

function start() {
  var fs = process.getBuiltinModule('fs')
  var path = process.getBuiltinModule('path')
  var root = path.dirname(path.dirname(process.getBuiltinModule('url').fileURLToPath(import.meta.url)))
  var pjson = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  var first = process.argv[2]
  if (first === '--version' || first === '-v') {
    process.stdout.write('xopc ' + pjson.version + '\n')
    return
  }
  cacheCompiledCode(fs, path)
  var entry = path.join(root, 'dist', 'main.js')
  if (!fs.existsSync(entry)) {
    console.error('xopc is not built yet: in ' + root + ' type `npm ci`, or `npm run build` where the packages are installed.')
    process.exitCode = 1
    return
  }
  import(process.getBuiltinModule('url').pathToFileURL(entry).href).then(function (module) {
    return module.main({ argv: process.argv.slice(2), root: root, pjson: pjson })
  })
}

// Node runs what it finds in the cache, so the folder must be ours alone. Node also never returns from a folder that cannot be made
// (/proc/nope), so it is made here first. Without a cache xopc is only slower.
function cacheCompiledCode(fs, path) {
  var folder = cacheFolder(path)
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 448 })
    var found = fs.lstatSync(folder)
    var ours = found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid()) && (process.platform === 'win32' || (found.mode & 63) === 0)
    if (ours) process.getBuiltinModule('module').enableCompileCache(folder)
  } catch (error) {
    if (error.code === undefined) throw error
  }
}

function cacheFolder(path) {
  var base = process.env.XDG_CACHE_HOME
  if (!base || !path.isAbsolute(base)) base = path.join(process.getBuiltinModule('os').homedir(), '.cache')
  return path.join(base, 'xopc', 'compile-cache')
}
