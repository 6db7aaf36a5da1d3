import * as z from 'zod'
import { readText } from '../system/files.ts'
import { brokerErrors } from './errors.ts'
import { type BrokerSettings, publicLimits } from './settings.ts'

const TEN_MINUTES_MS = 600_000
const port = z.int().min(1).max(65_535)
const times = z.int().min(1).max(1_000_000)
const loopback = z.enum(['127.0.0.1', '::1'])
const httpUrl = z.url({ protocol: /^https?$/ })

/** `broker.json`: what a broker on a public host is told. */
const schema = z.strictObject({
  /** Names are put before it. */
  domain: z.hostname(),
  /** Base of the API, as gateways dial it. */
  brokerUrl: httpUrl.refine((url) => url.endsWith('/api') && URL.parse(url)?.pathname === '/api', 'an address that ends with /api'),
  /** Origin of a name; `{name}` stands for it. */
  publicUrl: z
    .string()
    .refine((text) => URL.canParse(text.replace('{name}', 'abcd')) && text.includes('://{name}.'), 'an address with {name}'),
  /** Where the API listens, for the web server in front. */
  api: z.strictObject({ host: loopback, port }),
  /** How gateways' frpc find this host; the port is that of `frps.toml`. */
  tunnelAddress: z.union([z.hostname(), z.ipv4(), z.ipv6()]),
  heartbeatSeconds: z.int().min(5).max(60).default(20),
  limits: z
    .strictObject({
      /** In ten minutes. */
      registrationsPerAddress: times,
      /** In ten minutes. */
      registrationsPerKey: times,
    })
    .partial()
    .default({}),
})

/** What of `frps.toml` gateways are told. */
interface FrpsFacts {
  certificate: string
  port: number
}

/** What is written into `broker.json`. */
export type SettingsFile = z.input<typeof schema>

/** The settings of the set in a folder, from what its frps shows and where it listens. Throws `BROKER_NOT_SET_UP`, `BROKER_CONFIG_BROKEN`, `FILE_NOT_READABLE`. */
export async function readSettings(path: string, dir: string): Promise<(frps: FrpsFacts) => BrokerSettings> {
  const text = await readText(path)
  if (text === null) throw brokerErrors.BROKER_NOT_SET_UP({ folder: dir, file: path })
  const { default: json5 } = await import('json5')
  const result = schema.safeParse(valueIn(text, path, json5.parse))
  if (!result.success) {
    const [first] = result.error.issues
    throw brokerErrors.BROKER_CONFIG_BROKEN({ path, problem: `${first?.path.join('.') || 'all of it'}: ${first?.message ?? ''}` })
  }
  return (frps) => settingsOf(result.data, frps)
}

function valueIn(text: string, path: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text)
  } catch (error) {
    throw brokerErrors.BROKER_CONFIG_BROKEN({ path, problem: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
}

function settingsOf(file: z.output<typeof schema>, frps: FrpsFacts): BrokerSettings {
  const { limits, publicUrl, brokerUrl } = file
  const { registrationsPerAddress: ofAddress, registrationsPerKey: ofKey } = limits
  return {
    api: file.api,
    brokerUrl: () => brokerUrl,
    audiences: () => [],
    frp: { serverAddr: file.tunnelAddress, serverPort: frps.port },
    subdomainHost: file.domain,
    publicScheme: publicUrl.startsWith('https:') ? 'https' : 'http',
    publicUrl: (subdomain) => publicUrl.replace('{name}', subdomain),
    publicUrlPattern: publicUrl.replace('{name}', '<name>'),
    heartbeatIntervalMs: file.heartbeatSeconds * 1000,
    caPem: frps.certificate,
    limits: {
      ...publicLimits,
      ...(ofAddress !== undefined && { registrationsOfAddress: { max: ofAddress, windowMs: TEN_MINUTES_MS } }),
      ...(ofKey !== undefined && { registrationsOfKey: { max: ofKey, windowMs: TEN_MINUTES_MS } }),
    },
  }
}
