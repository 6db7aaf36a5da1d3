import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Icon } from './icon.tsx'
import { currentTheme, nextTheme, setTheme, themeWords } from '../theme.ts'

/** The mark, what stands beside it, and how it looks. */
export function Header({ children }: { children?: ComponentChildren }): JSX.Element {
  return (
    <header>
      <a class="mark" href="#/settings/remote-access?tab=overview">
        <img src="/xopc/icon.svg" alt="" width="24" height="24" /> xopc
      </a>
      {children}
      <ThemeButton />
    </header>
  )
}

function ThemeButton(): JSX.Element {
  const [theme, choose] = useState(currentTheme)
  const next = nextTheme(theme)
  const change = (): void => {
    setTheme(next)
    choose(next)
  }
  return (
    <button type="button" class="small theme" onClick={change} aria-label={`Theme: ${themeWords[theme]}. Change to ${themeWords[next]}`}>
      <Icon name="theme" />
      {themeWords[theme]}
    </button>
  )
}
