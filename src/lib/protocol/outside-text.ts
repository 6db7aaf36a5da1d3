/** Escape sequences of terminals: CSI, OSC and other strings up to their end, two-character escapes; also in their one-character C1 forms. */
const sequences = new RegExp(
  [
    String.raw`(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?`,
    String.raw`(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?`,
    String.raw`\u001b[ -/]*[0-~]?`,
  ].join('|'),
  'gu',
)

/** Controls, format characters (bidi, zero width, soft hyphen, tags), separators, lone surrogates and what a font draws as nothing. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/**
 * Text that came from outside (device names, certificates, `Server`, output of programs) as one line that is safe in a terminal, a log and a
 * page: without escape sequences, control, bidi and invisible characters; at most `max` characters (code points), then `…`. Pure; throws nothing.
 */
export function cleanText(text: string, max: number): string {
  // What is beyond this cannot show any more; the bound keeps hostile input cheap.
  const bounded = text.slice(0, max * 8 + 1024)
  const clean = bounded
    .replace(sequences, '')
    .replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/gu, ' ')
    .replace(invisible, '')
    .trim()
  const characters = [...clean]
  if (characters.length <= max) return clean
  return max < 1
    ? ''
    : `${characters
        .slice(0, max - 1)
        .join('')
        .trimEnd()}…`
}
