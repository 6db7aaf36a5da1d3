import { useEffect, useState } from 'preact/hooks'

/** A value that parts of the page look at. */
export interface Store<Value> {
  get(): Value
  set(change: Partial<Value>): void
  /** Called after each change; gives back how to stop. */
  watch(changed: () => void): () => void
}

/** Keeps a record and tells of changes. Throws nothing. */
export function createStore<Value extends object>(first: Value): Store<Value> {
  let value = first
  const watchers = new Set<() => void>()
  return {
    get: () => value,
    set(change) {
      value = { ...value, ...change }
      for (const changed of watchers) changed()
    },
    watch(changed) {
      watchers.add(changed)
      return () => watchers.delete(changed)
    },
  }
}

/** The value now, and again after each change. */
export function useStore<Value>(store: Pick<Store<Value>, 'get' | 'watch'>): Value {
  const [value, setValue] = useState(store.get)
  useEffect(() => {
    setValue(store.get)
    return store.watch(() => setValue(store.get))
  }, [store])
  return value
}
