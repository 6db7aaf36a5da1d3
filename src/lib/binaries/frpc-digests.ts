/** What a file must be: its SHA-256 (hex) and its length in bytes. */
export interface FileDigest {
  sha256: string
  size: number
}

/** The release of frp that xopc fetches frpc from. */
export interface FrpcRelease {
  version: string
  /** By `<os>_<arch>` in frp's words. */
  targets: Readonly<Record<string, FrpcTarget>>
}

/** One archive of a release. */
export interface FrpcTarget {
  /** SHA-256 of the archive, hex. */
  archive: string
  /** The program in it, where that is known; null: it is noted as the archive, which was checked, is unpacked. */
  binary: FileDigest | null
}

/**
 * The official release, pinned. The digests of the archives are those that separately maintained projects pin (5 to 10 of them for each, and each
 * could have copied frp's own `frp_sha256_checksums.txt`); the program's was seen, byte for byte, in another packaging of it. Decision 021.
 */
export const officialFrpc: FrpcRelease = {
  version: '0.71.0',
  targets: {
    linux_amd64: {
      archive: '84f27e39f11169f7adcef8e8b70c9329de17747b1f14dad9fb95eef5682ea716',
      binary: { sha256: 'f79fff8de3089ec711ff8bdd4b73e00dfe491a1c3d754983c8b0f8d58c21b068', size: 16_593_080 },
    },
    linux_arm64: { archive: 'f33c293c275d8fc68c654b6fba8f10b2551d6463d09a9fc9cffb7227eae82266', binary: null },
    darwin_amd64: { archive: '1b1b4e2f1836e21e8733f1dddaacd4ed9ae67d7dbee39046b9d7b7eda6253637', binary: null },
    darwin_arm64: { archive: '45be02b186860d375ed49a8941ae9569628a54bf14e67fc36b29c98c99dabcc6', binary: null },
  },
}

/** A kind of computer, in Node's words. */
export interface Computer {
  os: string
  arch: string
}

/** `<os>_<arch>` as frp spells it; null where it names no such kind. Pure. */
export function frpcTarget({ os, arch }: Computer): string | null {
  const archs: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
  const name = Object.hasOwn(archs, arch) ? archs[arch] : undefined
  return name !== undefined && ['linux', 'darwin'].includes(os) ? `${os}_${name}` : null
}
