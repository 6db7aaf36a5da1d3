/** What a program's header says it runs on: `linux_amd64`, several for a universal one of macOS. `script`: whatever its first line names. */
export type ProgramFormat = 'script' | readonly string[]

/** Bytes of a file that its format is told from. */
export const HEADER_BYTES = 4096

/** From the first bytes of a file; null where they are no program's. Pure. */
export function programFormat(head: Buffer): ProgramFormat | null {
  if (head.length < 64) return head.subarray(0, 2).toString('latin1') === '#!' ? 'script' : null
  const magic = head.readUInt32BE(0)
  if (magic === 0x7f45_4c46) return [elf(head)]
  if (magic === 0xcffa_edfe) return [`darwin_${machArchs[head.readUInt32LE(4)] ?? 'unknown'}`]
  if (magic === 0xcafe_babe) return universal(head)
  if (magic >>> 16 === 0x2321) return 'script'
  return magic >>> 16 === 0x4d5a ? ['windows'] : null
}

/** e_machine of elf(5). */
const elfArchs: Readonly<Record<number, string>> = { 3: '386', 40: 'arm', 62: 'amd64', 183: 'arm64', 243: 'riscv64' }
/** cputype of mach/machine.h. */
const machArchs: Readonly<Record<number, string>> = { 0x0100_0007: 'amd64', 0x0100_000c: 'arm64' }
const FREEBSD = 9

function elf(head: Buffer): string {
  const machine = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18)
  return `${head[7] === FREEBSD ? 'freebsd' : 'linux'}_${elfArchs[machine] ?? 'unknown'}`
}

/** A Java class begins with the same four bytes; its next four are never a small number. */
function universal(head: Buffer): string[] | null {
  const count = head.readUInt32BE(4)
  if (count === 0 || count > 16) return null
  return Array.from({ length: count }, (_, index) => `darwin_${machArchs[head.readUInt32BE(8 + index * 20)] ?? 'unknown'}`)
}
