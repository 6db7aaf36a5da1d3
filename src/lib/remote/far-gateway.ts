/** What a far computer says of the gateway that runs there; nothing is believed before it is proven. */
export interface FarGateway {
  /** Its address on that computer: `http://127.0.0.1:18790`. */
  url: string
  /** Path of the owner's socket there. */
  socket: string
}

/** A path that goes into an argument of ssh: absolute, and nothing that ssh, or a `-L`, reads as more than a path. */
const PATH = /^\/[\w./+@-]{1,106}$/

/** The gateway in the text of `run/gateway.json`, which a login script may have written around; null where it names none. Pure. */
export function farGatewayIn(text: string): FarGateway | null {
  const [from, to] = [text.indexOf('{'), text.lastIndexOf('}')]
  if (from === -1 || to < from) return null
  const { url, socket } = Object(parsed(text.slice(from, to + 1))) as { url?: unknown; socket?: unknown }
  if (typeof socket !== 'string' || !PATH.test(socket)) return null
  if (typeof url !== 'string' || !/^http:\/\/[\w.:[\]-]{1,100}$/.test(url) || !URL.canParse(url)) return null
  return { url, socket }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Whatever else it says, it names no gateway.
    return null
  }
}
