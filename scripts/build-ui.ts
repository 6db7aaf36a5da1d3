import { join } from 'node:path'
import { build, type Plugin } from 'vite'
import { catalog } from '../src/lib/errors/catalog.ts'

const source = join(import.meta.dirname, '../src/ui')

/** Builds the page into a folder: one script and one stylesheet, whose names change with their content, and what is in `public/` as it is. */
export async function buildUi(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: source,
    // Where the gateway serves it; without an upstream it is at `/`, too, and its files are not.
    base: '/xopc/',
    logLevel: 'warn',
    plugins: [manual()],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      rolldownOptions: { input: [join(source, 'index.html'), join(source, 'errors.html')] },
      outDir,
      emptyOutDir: false,
      target: ['chrome111', 'firefox114', 'safari16.4'],
      // The page's policy allows no `data:`.
      assetsInlineLimit: 0,
      // Everything is in one file, so there is nothing to load ahead.
      modulePreload: false,
      reportCompressedSize: false,
    },
  })
}

/** Fills the manual of codes from the catalogue, so that the page's links need nobody else. */
function manual(): Plugin {
  return { name: 'xopc-manual', transformIndexHtml: (html) => html.replace('<!-- codes -->', entries) }
}

function entries(): string {
  return Object.entries(catalog)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([code, { message, hint, about }]) => {
      const lines = [message, hint ?? '', about].filter(Boolean).map((line) => `<p>${escaped(line)}</p>`)
      return `<div><dt id="${code.toLowerCase()}">${code}</dt><dd>${lines.join('')}</dd></div>`
    })
    .join('\n')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
