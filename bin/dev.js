#!/usr/bin/env node
// Runs xopc from its TypeScript sources: no build, no manifest, no compile cache.
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main } from '../src/cli/main.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pjson = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
const oclif = { ...pjson.oclif, commands: './src/commands' }

await main({ argv: process.argv.slice(2), root, pjson: { ...pjson, oclif }, development: true })
