import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Facts } from './facts.ts'
import type { Gateway, Sight } from './gateway.ts'
import { useStore } from './store.ts'

/** What every part of the console is given. */
export interface House {
  gateway: Gateway
  facts: Facts
  /** Whether this tab may change things: it holds the session key, or the computer's own `xopc ui` asks for it. */
  admin: boolean
}

/** Where the parts find it. */
export const HouseContext = createContext<House | null>(null)

/** What the part was given. Throws outside of the console, which is a mistake in the page. */
export function useHouse(): House {
  const house = useContext(HouseContext)
  if (house === null) throw new Error('this part belongs inside the console')
  return house
}

/** What is known of the gateway, and again whenever it changes. */
export function useSight(): Sight {
  return useStore(useHouse().gateway.sight)
}
