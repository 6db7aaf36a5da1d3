import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'vite'
import { catalog } from '../src/lib/errors/catalog.ts'

const source = join(import.meta.dirname, '../src/ui')

/**
 * Builds the page into a folder: one script and one stylesheet, whose names change with their content, what is in `public/` as it is, and the
 * manual of codes.
 */
export async function buildUi(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: source,
    // Where the gateway serves it; without an upstream it is at `/`, too, and its files are not.
    base: '/xopc/',
    logLevel: 'warn',
    plugins: [plainTags()],
    // Vite would go by NODE_ENV, and write the paths of this computer into what a test built.
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    build: {
      outDir,
      emptyOutDir: false,
      target: ['chrome111', 'firefox114', 'safari16.4'],
      // The page's policy allows no `data:`.
      assetsInlineLimit: 0,
      modulePreload: false,
      reportCompressedSize: false,
    },
  })
  const document = readFileSync(join(outDir, 'index.html'), 'utf8')
  writeFileSync(join(outDir, 'errors.html'), manual(document))
}

/**
 * A plain script in place of a module: a browser asks for a module with an Origin, which the gateway refuses at a name that it does not know
 * yet. The one chunk imports and exports nothing, so a function around it is all that it takes.
 */
function plainTags(): Plugin {
  return {
    name: 'xopc-plain-tags',
    enforce: 'post',
    generateBundle: (_, bundle) => {
      for (const chunk of Object.values(bundle)) if (chunk.type === 'chunk') chunk.code = `(()=>{'use strict';${chunk.code}})()\n`
    },
    transformIndexHtml: {
      order: 'post',
      handler: (html) => html.replace('<script type="module" crossorigin', '<script defer').replaceAll(' crossorigin', ''),
    },
  }
}

/** The manual of codes, so that the page's links need nobody else. It has no script. */
function manual(document: string): string {
  const [head = ''] = document.replace(/<script\b[^>]*><\/script>/, '').split('<body>', 1)
  return `${head.replace('<title>', '<title>Codes · ')}<body>
<main class="manual">
<h1>Codes</h1>
<p class="quiet">What each error of xopc says, what to do, and when it occurs. A name in braces stands for what is filled in.</p>
<dl>
${entries()}
</dl>
</main>
</body>
</html>
`
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
