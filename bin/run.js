#!/usr/bin/env node
// Read by every Node, also by one that is too old: so CommonJS, no new syntax, and nothing is loaded before the version is known.
'use strict'

var versions = process.versions.node.split('.').map(Number)
var supported = (versions[0] === 22 && versions[1] >= 22) || (versions[0] === 24 && versions[1] >= 15) || versions[0] >= 26

if (!supported) {
  refuse(
    'xopc needs Node.js 22.22, 24.15, 26 or newer, and this is ' +
      process.versions.node +
      ': in the repository, `npm start` and `npx xopc` bring the right one.',
  )
} else {
  start(require('fs'), require('path'))
}

function start(fs, path) {
  var root = path.dirname(path.dirname(fs.realpathSync(__filename)))
  var pjson = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  if (process.argv[2] === '--version' || process.argv[2] === '-v') {
    process.stdout.write('xopc ' + pjson.version + '\n')
    return
  }
  var entry = path.join(root, 'dist', 'main.js')
  if (!fs.existsSync(entry)) {
    refuse('xopc is not built: in ' + root + ' type `npm ci`, or `npm run build` where the packages are already installed.')
    return
  }
  cacheCompiledCode(fs, path)
  import(require('url').pathToFileURL(entry).href)
    .then(function (module) {
      return module.main({ argv: process.argv.slice(2), root: root, pjson: pjson })
    })
    .then(undefined, function (/** @type {unknown} */ error) {
      refuse('xopc could not be loaded from ' + path.dirname(entry) + ' (' + error.message + '): type `npm run build`, or install it anew.')
    })
}

// Node runs what it finds in this folder, so it must be ours alone. And Node never returns from a folder that cannot be made
// (/proc/nope), neither here nor in a recursive mkdir, so each step is made by itself first. Without a cache xopc is only slower, so a
// file system that says no is not an error.
function cacheCompiledCode(fs, path) {
  try {
    var folder = makeFolders(fs, path, cacheHome(path), ['xopc', 'compile-cache'])
    if (isOurs(fs.lstatSync(folder))) require('module').enableCompileCache(folder)
  } catch (error) {
    if (error.code === undefined) throw error
  }
}

function makeFolders(fs, path, base, names) {
  var folder = base
  if (!fs.existsSync(folder)) fs.mkdirSync(folder, 448)
  for (var i = 0; i < names.length; i++) {
    folder = path.join(folder, names[i])
    if (!fs.existsSync(folder)) fs.mkdirSync(folder, 448)
  }
  return folder
}

function isOurs(found) {
  if (process.platform === 'win32') return found.isDirectory()
  return found.isDirectory() && found.uid === process.getuid() && (found.mode & 63) === 0
}

function cacheHome(path) {
  var base = process.env.XDG_CACHE_HOME
  return base && path.isAbsolute(base) ? base : path.join(require('os').homedir(), '.cache')
}

function refuse(sentence) {
  console.error(sentence)
  process.exitCode = 1
}
