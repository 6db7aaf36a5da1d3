/** A text that is hard to read: itself, its contrast and the least that WCAG 2.2 AA (1.4.3) asks for. */
export interface Faint {
  text: string
  ratio: number
  least: number
}

/** Run in the page: of every text that is shown, the ones too near in colour to the nearest background behind them; and how many there were. */
export function faintTexts(): { faint: Faint[]; count: number } {
  const parts = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number)
  const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = parts(color).map((part) => linear(part / 255))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const behind = (element: Element | null): string => {
    if (element === null) return 'rgb(255, 255, 255)'
    const { backgroundColor } = getComputedStyle(element)
    return parts(backgroundColor)[3] === 0 ? behind(element.parentElement) : backgroundColor
  }
  const hasText = (element: Element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim())
  const shown = [...document.querySelectorAll<HTMLElement>('body *')].filter((element) => element.checkVisibility() && hasText(element))
  const all = shown.map((element) => {
    const { color, fontSize, fontWeight } = getComputedStyle(element)
    const [light = 0, dark = 0] = [luminance(color), luminance(behind(element))].toSorted((a, b) => b - a)
    const large = Number.parseFloat(fontSize) >= (Number(fontWeight) >= 700 ? 18.66 : 24)
    return { text: element.innerText, ratio: (light + 0.05) / (dark + 0.05), least: large ? 3 : 4.5 }
  })
  return { faint: all.filter(({ ratio, least }) => ratio < least), count: all.length }
}
