import { expect, it } from 'vitest'
import { guidePages } from '../../../src/lib/mcp/guide.ts'
import { guidePages as names, pageText } from '../../e2e/gateway/guide-blocks.ts'

it('every page of the guide, with its heading and its text', async () => {
  const pages = await guidePages()
  expect(pages.map(({ name }) => name)).toEqual([...names].toSorted())
  for (const { name, title, text } of pages) {
    expect(text).toBe(pageText(name))
    expect(text.startsWith(`# ${title}\n`)).toBe(true)
  }
})
