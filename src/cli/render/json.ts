/**
 * A value as `--json` prints it. Characters that a terminal obeys or does not show stand as escapes of JSON, which mean the same to every
 * reader: names and output of programs are quoted in here. With `indent` 0 it is one line. Pure.
 */
export function jsonText(value: unknown, indent = 2): string {
  // JSON.stringify escapes what is below U+0020 by itself.
  return JSON.stringify(value, null, indent).replaceAll(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)
}

function escaped(character: string): string {
  return character.replaceAll(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
