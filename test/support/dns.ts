import { createSocket, type RemoteInfo } from 'node:dgram'
import { randomInt } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import { atEnd } from './cleanup.ts'

/** Addresses of both families (AAAA gets the ones of IPv6), or how the server fails; `silence` is a question without an answer. */
export type DnsAnswer = readonly string[] | 'SERVFAIL' | 'NXDOMAIN' | 'silence'

/** What is known, by name; a function is told how often the name was asked for before (0 first), counted for A and AAAA apart. Other names are NXDOMAIN. */
export type DnsZone = Readonly<Record<string, DnsAnswer | ((before: number) => DnsAnswer)>>

/** A running name server. */
export interface DnsServer {
  /** Its address on loopback, for `dns` of a process under test; it listens on port 53, UDP. */
  readonly address: string
  /** What it was asked, oldest first: `A gateway.test`. */
  readonly questions: readonly string[]
  /** Changes what it knows from now on. */
  know(zone: DnsZone): void
  close(): Promise<void>
}

const types: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' }
const codes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 }

/** Starts a name server by hand (RFC 1035, just what a stub resolver needs: one question, answers with TTL 0). Needs root for its port. Ends after the last test of the file. */
export async function startDns(first: DnsZone): Promise<DnsServer> {
  let zone = first
  const questions: string[] = []
  const socket = createSocket('udp4', (message, from) => {
    const question = questionOf(message)
    const before = questions.filter((each) => each === question.text).length
    questions.push(question.text)
    const known = Object.hasOwn(zone, question.name) ? zone[question.name] : undefined
    const answer = (typeof known === 'function' ? known(before) : known) ?? 'NXDOMAIN'
    if (answer !== 'silence') send(answerTo(message, question, answer), from)
  })
  const send = (bytes: Buffer, { port, address }: RemoteInfo) => socket.send(bytes, port, address)
  const address = `127.${randomInt(64, 250)}.${randomInt(250)}.${randomInt(1, 250)}`
  await new Promise<void>((resolve, reject) => socket.once('error', reject).bind(53, address, resolve))
  let closed: Promise<void> | undefined
  const close = () => (closed ??= new Promise<void>((resolve) => socket.close(resolve)))
  atEnd(close)
  return { address, questions, know: (next) => void (zone = next), close }
}

interface Question {
  name: string
  type: 'A' | 'AAAA' | undefined
  text: string
  /** Where the question ends in the message. */
  end: number
}

function questionOf(message: Buffer): Question {
  const labels: string[] = []
  let at = 12
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const number = message.readUInt16BE(at + 1)
  const name = labels.join('.').toLowerCase()
  return { name, type: types[number], text: `${types[number] ?? number} ${name}`, end: at + 5 }
}

function answerTo(message: Buffer, { type, end }: Question, answer: Exclude<DnsAnswer, 'silence'>): Buffer {
  const addresses = typeof answer === 'string' ? [] : answer.map((each) => ipaddr.parse(each))
  const records = addresses.filter((each) => each.kind() === (type === 'A' ? 'ipv4' : 'ipv6') && type !== undefined)
  const header = Buffer.alloc(12)
  header.writeUInt16BE(message.readUInt16BE(0), 0)
  header.writeUInt16BE(0x8580 | codes[typeof answer === 'string' ? answer : 'NOERROR'], 2) // a response, authoritative, recursion done
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(records.length, 6)
  return Buffer.concat([header, message.subarray(12, end), ...records.map((each) => record(each.toByteArray()))])
}

/** One address, its name given as a pointer to the question's (RFC 1035, 4.1.4). */
function record(bytes: readonly number[]): Buffer {
  const type = bytes.length === 4 ? 1 : 28
  return Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length, ...bytes])
}
