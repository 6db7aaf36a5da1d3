/**
 * A text as lines of at most `columns` characters: `first` stands before the first line, as many spaces (or `indent`) before the others. Words stay
 * whole: a URL or a path must be copied in one piece. `Infinity` columns give one line. Pure.
 */
export function wrap(first: string, text: string, columns: number, indent = [...first].length): string[] {
  const lines = [first]
  let room = columns - [...first].length
  for (const word of text.split(' ').filter(Boolean)) {
    const last = lines.length - 1
    const begun = (lines[last] ?? '').length > (last === 0 ? first.length : indent)
    const needed = [...word].length + (begun ? 1 : 0)
    if (needed > room && begun) {
      lines.push(' '.repeat(indent) + word)
      room = columns - indent - [...word].length
    } else {
      lines[last] += (begun ? ' ' : '') + word
      room -= needed
    }
  }
  return lines.map((line) => line.trimEnd())
}
