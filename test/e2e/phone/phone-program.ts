import { createInterface } from 'node:readline'
import { createPhone } from './phone.ts'

// The phone in a process of its own, on a computer of its own: a line of JSON for each thing it shall do, and one for each thing it says.

/** What the phone shall do. */
export type Order =
  | { do: 'join'; link: string; name: string }
  | { do: 'exchange'; link: string; name: string }
  | { do: 'ask'; method: string; path: string; body?: unknown }
  | { do: 'listen' }

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
const phone = createPhone((news) => say({ news }))

async function follow(order: Order): Promise<unknown> {
  if (order.do === 'join') return await phone.join(order.link, order.name)
  if (order.do === 'exchange') return await phone.exchange(order.link, order.name)
  if (order.do === 'ask') return await phone.ask(order.method, order.path, order.body)
  void phone.listen()
  return null
}

createInterface({ input: process.stdin }).on('line', (line) => {
  // `as`: the test writes these lines.
  const { id, order } = JSON.parse(line) as { id: number; order: Order }
  follow(order).then(
    (result) => say({ id, result }),
    (error: unknown) => say({ id, error: String(error) }),
  )
})
process.stdin.once('end', () => process.exit(0))
say({ ready: true })
