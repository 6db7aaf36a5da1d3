import { type FrpsSettings, frpsSettingsIn } from '../binaries/frps-config.ts'
import { readText } from '../system/files.ts'
import { brokerErrors } from './errors.ts'
import type { BrokerFolder } from './folder.ts'
import type { BrokerSettings } from './settings.ts'
import { readSettings } from './settings-file.ts'

/** Reads the set of a public host, as people may have changed it. Throws `BROKER_NOT_SET_UP`, `BROKER_CONFIG_BROKEN`, `FRPS_CONFIG_BROKEN`, `FRPS_CONFIG_UNSAFE`. */
export async function preparePublic(folder: BrokerFolder): Promise<{ settings: BrokerSettings; frps: FrpsSettings }> {
  const settingsWith = await readSettings(folder.settings, folder.dir)
  const text = await needed(folder.frps, folder)
  const frps = await frpsSettingsIn(text, folder.frps)
  const settings = settingsWith({ certificate: await needed(frps.certFile, folder), port: frps.bindPort })
  await needed(frps.keyFile, folder)
  if (frps.subdomainHost !== settings.subdomainHost)
    throw brokerErrors.BROKER_CONFIG_BROKEN({ path: folder.settings, problem: `domain is not subDomainHost of ${folder.frps}` })
  return { settings, frps }
}

async function needed(path: string, folder: BrokerFolder): Promise<string> {
  const text = await readText(path)
  if (text === null) throw brokerErrors.BROKER_NOT_SET_UP({ folder: folder.dir, file: path })
  return text
}
