import { type McpServer, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import type { GuidePage } from './guide.ts'
import { type House, sentenceOf } from './tool.ts'

/** Offers the overview and the pages of the guide, each by an address of its own; any other is answered with an error by the SDK. */
export function registerResources(server: McpServer, house: House, guide: readonly GuidePage[]): void {
  const overview = 'xopc://overview'
  const json = 'application/json'
  const about = 'Every way into the gateway, as the tool status answers it.'
  server.registerResource('overview', overview, { title: 'Overview', description: about, mimeType: json }, async () => ({
    contents: [{ uri: overview, mimeType: json, text: await overviewText(house) }],
  }))
  for (const { name, title, text } of guide) {
    const uri = `xopc://guide/${name}`
    const mimeType = 'text/markdown'
    server.registerResource(`guide/${name}`, uri, { title, description: `The guide of xopc: ${title}`, mimeType }, () => ({
      contents: [{ uri, mimeType, text }],
    }))
  }
}

async function overviewText(house: House): Promise<string> {
  try {
    return house.jsonText(await house.withGateway(async (xopc) => await xopc.overview()))
  } catch (error) {
    const info = await house.explain(error)
    // A resource has no reply for what went wrong, so it is an error of the protocol, with the same object beside it.
    throw new ProtocolError(ProtocolErrorCode.InternalError, sentenceOf(info), { error: info })
  }
}
