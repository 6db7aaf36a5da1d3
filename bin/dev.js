#!/usr/bin/env node
// Runs xopc from its TypeScript sources: no build, no manifest, no compile cache.
'use strict'

const { readFileSync } = require('node:fs')
const { dirname, join } = require('node:path')

const root = dirname(__dirname)
const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const oclif = { ...pjson.oclif, commands: './src/commands' }

import('../src/cli/main.ts').then(
  ({ main }) => main({ argv: process.argv.slice(2), root, pjson: { ...pjson, oclif }, development: true }),
  (/** @type {unknown} */ error) => {
    console.error(error)
    process.exitCode = 70
  },
)
