const NAME = 'xopc.theme'

/** How the page looks: as the system does, or as chosen here. */
export type Theme = 'system' | 'light' | 'dark'

const themes: readonly Theme[] = ['system', 'light', 'dark']

/** What each is called. */
export const themeWords: Record<Theme, string> = { system: 'System', light: 'Light', dark: 'Dark' }

/** The one in use. Not a secret, so it may outlive the session. */
export function currentTheme(): Theme {
  const kept = localStorage.getItem(NAME)
  return themes.find((theme) => theme === kept) ?? 'system'
}

/** The one after it. Pure. */
export function nextTheme(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
}

/** Uses it from now on, here and after a reload. */
export function setTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(NAME)
  else localStorage.setItem(NAME, theme)
  applyTheme(theme)
}

/** Tells the stylesheet. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}
