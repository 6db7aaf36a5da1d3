import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { consoleFile } from '../../../src/lib/gateway/control/console.ts'

/** As much of an element as the page's script uses. */
class FakeElement {
  children: FakeElement[] = []
  dataset: Record<string, string> = {}
  hidden = false
  disabled = false
  textContent = ''
  className = ''
  value = ''
  listeners: Record<string, (event: { preventDefault(): void }) => void> = {}
  append(...children: FakeElement[]): void {
    this.children.push(...children)
  }
  replaceChildren(...children: FakeElement[]): void {
    this.children = children
  }
  addEventListener(type: string, listener: () => void): void {
    this.listeners[type] = listener
  }
  focus(): void {}
  reset(): void {}
  text(): string {
    return [this.textContent, ...this.children.map((child) => child.text())].filter(Boolean).join('\n')
  }
}

interface Asked {
  method: string
  url: string
  headers: Record<string, string>
  body?: string
}

const secret = 'the-owner-token-itself'
const status = { url: 'http://127.0.0.1:18790', version: '1.2.3', startedAt: '2026-01-01T00:00:00Z', authMode: 'token' }
const failed = { phase: 'failed', error: { code: 'LAN_NO_ADDRESS', message: 'No network.', hint: 'Plug one in.' }, retryAt: null }
const overview = { methods: [{ id: 'lan', audienceText: 'anyone on the same network', state: failed }], conflicts: [] }

/** The page in a browser of cardboard; `stranger` is what the API answers without a session. */
function openPage(stranger: number) {
  const html = consoleFile('/', 'token')?.text ?? ''
  const elements = new Map<string, FakeElement>()
  for (const [tag, id = ''] of html.matchAll(/<\w+[^>]*\sid="([^"]+)"[^>]*>/g)) {
    elements.set(id, Object.assign(new FakeElement(), { hidden: tag.includes(' hidden') }))
  }
  const element = (id: string): FakeElement => elements.get(id) ?? expect.fail(`the page has no #${id}`)
  const asked: Asked[] = []
  const store = new Map<string, string>()
  let signedIn = false
  const streams: Record<string, () => void>[] = []
  const answer = (code: number, body: unknown) => ({ ok: code < 400, status: code, json: () => Promise.resolve(body) })
  const reply = ({ method, url, body }: Asked) => {
    if (url === '/xopc/api/session') {
      signedIn = method === 'POST' && body === JSON.stringify({ token: secret })
      if (method === 'DELETE') return answer(204, null)
      return signedIn ? answer(200, { sessionKey: 'xopc_sk_1' }) : answer(401, { error: 'Wrong.', code: 'invalid_token', hint: 'Show it.' })
    }
    if (!signedIn) return answer(stranger, { error: 'No.', code: 'CODE' })
    return answer(200, url.endsWith('/status') ? status : overview)
  }
  Object.assign(element('form'), { dataset: { mode: 'token' }, reset: () => (element('secret').value = '') })
  runInNewContext(consoleFile('/xopc/console.js', 'token')?.text ?? '', {
    document: { getElementById: (id: string) => elements.get(id) ?? null, createElement: () => new FakeElement() },
    sessionStorage: {
      getItem: (name: string) => store.get(name) ?? null,
      setItem: (name: string, value: string) => store.set(name, value),
      removeItem: (name: string) => store.delete(name),
    },
    fetch: (url: string, init: Omit<Asked, 'url'>) => {
      asked.push({ ...init, url })
      return Promise.resolve(reply({ ...init, url }))
    },
    EventSource: class {
      static CLOSED = 2
      readyState = 1
      constructor() {
        streams.push({})
      }
      addEventListener(type: string, listener: () => void): void {
        Object.assign(streams.at(-1) ?? {}, { [type]: listener })
      }
      close(): void {}
    },
    setTimeout,
  })
  const submit = async (value: string) => {
    await expect.poll(() => element('sign-in').hidden).toBe(false)
    element('secret').value = value
    element('form').listeners['submit']?.({ preventDefault: () => {} })
  }
  return {
    element,
    asked,
    store,
    submit,
    event: (type: string) => streams.at(-1)?.[type]?.(),
    click: (id: string) => element(id).listeners['click']?.({ preventDefault: () => {} }),
  }
}

describe('the script of the sign-in page', () => {
  it.each([
    [401, 'nobody is signed in'],
    [421, 'the address is not known yet'],
  ])('shows the form where the API answers %i: %s', async (code) => {
    const page = openPage(code)
    await expect.poll(() => [page.element('sign-in').hidden, page.element('overview').hidden]).toEqual([false, true])
  })

  it('shows an error with its hint and code, and lets a person try again', async () => {
    const page = openPage(401)
    await page.submit('wrong')
    await expect.poll(() => page.element('problem').text()).toBe('Wrong.\nShow it.\nCode: invalid_token')
    await expect.poll(() => page.element('submit').disabled).toBe(false)
  })

  it('keeps the session key and not the token, and sends the key along', async () => {
    const page = openPage(401)
    await page.submit(secret)
    await expect.poll(() => page.element('overview').hidden).toBe(false)
    expect([...page.store]).toEqual([['xopc.session-key', 'xopc_sk_1']])
    expect(page.element('secret').value).toBe('')
    expect(page.asked.at(-1)?.headers['x-xopc-token']).toBe('xopc_sk_1')
    expect(page.asked.map(({ url }) => url).join()).not.toContain(secret)
  })

  it('shows methods, address and version, and again after each event', async () => {
    const page = openPage(401)
    await page.submit(secret)
    await expect
      .poll(() => page.element('methods').text())
      .toBe('Local network\nFailed\nanyone on the same network\nNo network. Plug one in.')
    expect(page.element('facts').text()).toContain('http://127.0.0.1:18790\nVersion\n1.2.3')
    const before = page.asked.length
    page.event('access.state')
    await expect.poll(() => page.asked.length).toBe(before + 2)
  })

  it('forgets the key when a person signs out', async () => {
    const page = openPage(401)
    await page.submit(secret)
    await expect.poll(() => page.element('overview').hidden).toBe(false)
    page.click('sign-out')
    await expect.poll(() => page.element('sign-in').hidden).toBe(false)
    expect(page.store.size).toBe(0)
  })
})
