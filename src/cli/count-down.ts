/** Cursor to the start of the line, and the line cleared. */
const again = '\r\u001b[2K'
const secondMs = 1000

/** Keeps one line at the bottom current, once a second; what is given back takes it away. */
export function countDown(write: (text: string) => void, line: () => string): () => void {
  const draw = (): void => write(again + line())
  draw()
  const timer = setInterval(draw, secondMs)
  return () => {
    clearInterval(timer)
    write(again)
  }
}
