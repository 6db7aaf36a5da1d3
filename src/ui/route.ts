import { createStore, useStore } from './store.ts'

/** The pages under Settings. */
export const pages = ['remote-access', 'gateway', 'devices'] as const
/** One of them. */
export type PageName = (typeof pages)[number]
/** The tabs of Remote access, in their order. */
export const tabs = ['overview', 'tailscale', 'public', 'reverse-proxy', 'ssh', 'lan'] as const
/** One of them. */
export type TabName = (typeof tabs)[number]

/** Where the person is. */
export interface Place {
  page: PageName
  tab: TabName
}

/** The place that a fragment names; Overview where it names none. Pure. */
export function placeOf(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?')
  const page = pages.find((name) => path === `settings/${name}`) ?? 'remote-access'
  const asked = new URLSearchParams(search).get('tab')
  return { page, tab: tabs.find((name) => name === asked) ?? 'overview' }
}

/** The fragment of a place. Pure. */
export function hashOf(page: PageName, tab: TabName = 'overview'): string {
  return page === 'remote-access' ? `#/settings/remote-access?tab=${tab}` : `#/settings/${page}`
}

const here = createStore(placeOf(location.hash))
addEventListener('hashchange', () => here.set(placeOf(location.hash)))

/** The place now, and again whenever it changes. */
export function usePlace(): Place {
  return useStore(here)
}
