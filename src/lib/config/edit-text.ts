import type { ArrayNode, ElementNode, MemberNode, ObjectNode, ValueNode } from '@humanwhocodes/momoa'
import JSON5 from 'json5'
import { type Json5Document, entriesOf, entryAt, isComment, nextToken, parseJson5, rangeOf } from './json5-document.ts'
import type { Segments } from './problems.ts'

/**
 * The text with one value set: comments, order and layout of everything else stay byte for byte. Missing parents are added; a parent that
 * holds no object is replaced by one. Throws momoa's error where the text is not JSON5, RangeError for a position that a list does not have.
 */
export function setInText(text: string, segments: Segments, value: unknown): string {
  const document = parseJson5(text)
  let node = document.tree.body
  for (const [index, segment] of segments.entries()) {
    const rest = segments.slice(index + 1)
    const entry = entryAt(node, segment)
    if (entry === undefined) return addAt(document, node, segment, nested(rest, value))
    if (rest.length === 0) return replace(document, entry.value, value, entry)
    if (!isContainer(entry.value)) return replace(document, entry.value, nested(rest, value), entry)
    node = entry.value
  }
  return replace(document, node, value)
}

/** The text without one member or element, its separator and its own end-of-line comment; a comment above it stays. Throws like `setInText`. */
export function unsetInText(text: string, segments: Segments): string {
  const document = parseJson5(text)
  let node: ValueNode = document.tree.body
  for (const segment of segments.slice(0, -1)) {
    const entry = entryAt(node, segment)
    if (entry === undefined) return text
    node = entry.value
  }
  const last = segments.at(-1)
  const entry = last === undefined ? undefined : entryAt(node, last)
  return entry === undefined || !isContainer(node) ? text : removeEntry(document, node, entry)
}

function isContainer(node: ValueNode): node is ObjectNode | ArrayNode {
  return node.type === 'Object' || node.type === 'Array'
}

/** The value wrapped in an object for every missing parent. */
function nested(segments: Segments, value: unknown): unknown {
  return segments.reduceRight<unknown>((inner, segment) => Object.fromEntries([[String(segment), inner]]), value)
}

function replace({ text }: Json5Document, node: ValueNode, value: unknown, owner: ValueNode | MemberNode | ElementNode = node): string {
  const [start, end] = rangeOf(node)
  return text.slice(0, start) + write(text, value, indentAt(text, rangeOf(owner)[0])) + text.slice(end)
}

function addAt(document: Json5Document, node: ValueNode, segment: string | number, value: unknown): string {
  if (node.type === 'Array') throw new RangeError(`the list has no position ${segment}`)
  if (node.type !== 'Object') return replace(document, node, nested([segment], value))
  const last = node.members.at(-1)
  if (last === undefined) return addFirst(document, node, String(segment), value)
  const inline = !document.text.slice(...rangeOf(node)).includes('\n')
  return (inline ? addInline : addLine)(document, node, last, String(segment), value)
}

/** Into an empty object, behind the comments that it may hold. */
function addFirst({ text }: Json5Document, node: ObjectNode, name: string, value: unknown): string {
  const [start, end] = rangeOf(node)
  const [base, newline] = [indentAt(text, start), newlineOf(text)]
  const indent = base + unitOf(text)
  const comments = text.slice(start + 1, end - 1).trimEnd()
  const line = `${newline}${indent}${quoted(name)}: ${write(text, value, indent)},${newline}${base}`
  return text.slice(0, start + 1) + comments + line + text.slice(end - 1)
}

function addInline(document: Json5Document, _node: ObjectNode, last: MemberNode, name: string, value: unknown): string {
  const { text } = document
  const end = rangeOf(last)[1]
  const comma = commaAfter(document, end)
  const member = `${quoted(name)}: ${oneLine(value)}`
  if (comma === null) return `${text.slice(0, end)}, ${member}${text.slice(end)}`
  return `${text.slice(0, comma)} ${member}${text.slice(comma)}`
}

function addLine(document: Json5Document, node: ObjectNode, last: MemberNode, name: string, value: unknown): string {
  const { text } = document
  const [start, end] = rangeOf(last)
  const comma = commaAfter(document, end)
  const [indent, newline] = [indentAt(text, start), newlineOf(text)]
  const at = afterComments(document, comma ?? end)
  const rest = text.slice(at)
  const closing = /^[ \t]*\r?\n/.test(rest) ? '' : newline + indentAt(text, rangeOf(node)[0])
  const line = `${newline}${indent}${quoted(name)}: ${write(text, value, indent)},${closing}`
  return text.slice(0, end) + (comma === null ? ',' : '') + text.slice(end, at) + line + rest
}

/** The offset behind the comments that follow on the same line: they belong to what stands before them. */
function afterComments({ text, tokens }: Json5Document, from: number): number {
  let at = from
  for (const token of tokens) {
    if (token.range[0] < from) continue
    if (!isComment(token) || text.slice(at, token.range[0]).includes('\n')) break
    at = token.range[1]
  }
  return at
}

function removeEntry(document: Json5Document, parent: ObjectNode | ArrayNode, entry: MemberNode | ElementNode): string {
  const [start, end] = rangeOf(entry)
  const comma = commaAfter(document, end)
  const inline = !document.text.slice(...rangeOf(parent)).includes('\n')
  const first = entriesOf(parent)[0] === entry
  // In one line, the last of several takes the comma before it along.
  const before = comma === null && !first && inline ? commaBefore(document, start) : null
  const kept = before === null ? document.text.slice(0, start) : document.text.slice(0, before) + document.text.slice(before + 1, start)
  return cut(document, kept, start, comma ?? end)
}

/** Joins what stands before and after a removed entry; where the entry had lines to itself, they go with it. */
function cut({ text, tokens }: Json5Document, kept: string, start: number, end: number): string {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const ownLine = text.slice(lineStart, start).trim() === ''
  const comment = tokens.find((token) => token.range[0] >= end)
  const ownComment = ownLine && comment?.type === 'LineComment' && !text.slice(end, comment.range[0]).includes('\n')
  const stop = ownComment ? comment.range[1] : end
  const lineEnd = /^[ \t]*\r?\n/.exec(text.slice(stop))
  if (ownLine && lineEnd !== null) return text.slice(0, lineStart) + text.slice(stop + lineEnd[0].length)
  return kept + text.slice(end).replace(/^[ \t]+/, '')
}

/** The offset behind the comma that follows, or null. */
function commaAfter(document: Json5Document, offset: number): number | null {
  const token = nextToken(document, offset)
  return token?.type === 'Comma' ? token.range[1] : null
}

/** The offset of the last comma before, or null. */
function commaBefore({ tokens }: Json5Document, offset: number): number | null {
  return tokens.findLast((token) => token.type === 'Comma' && token.range[1] <= offset)?.range[0] ?? null
}

function write(text: string, value: unknown, indent: string): string {
  return JSON5.stringify(value, { space: unitOf(text), quote: '"' }).replaceAll('\n', newlineOf(text) + indent)
}

/** `{ a: { b: 1 } }`: line ends in what JSON5 prints are layout only, those within strings are escaped. */
function oneLine(value: unknown): string {
  return JSON5.stringify(value, { space: 1, quote: '"' })
    .replaceAll(/,\n *(?=[}\]])/g, ' ')
    .replaceAll(/\n */g, ' ')
}

/** momoa takes these words for values, so they are quoted as keys. */
function quoted(name: string): string {
  return /^(?!(null|true|false|NaN|Infinity)$)[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
}

function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', offset - 1) + 1))?.[0] ?? ''
}

function unitOf(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? '  '
}

function newlineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}
