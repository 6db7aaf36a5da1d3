import {
  type ArrayNode,
  type DocumentNode,
  type ElementNode,
  type MemberNode,
  type ObjectNode,
  type Token,
  type ValueNode,
  parse,
} from '@humanwhocodes/momoa'

/** A text with its tree, for finding and changing places in it. */
export interface Json5Document {
  text: string
  tree: DocumentNode
  tokens: readonly Placed<Token>[]
}

/** Something whose place in the text is known: first offset, and the one after the last. */
export type Placed<T> = T & { range: [number, number] }

/** Reads a text with the place of everything in it. Throws momoa's error where it is not JSON5, and RangeError where it is nested too deeply. */
export function parseJson5(text: string): Json5Document {
  const tree = parse(text, { mode: 'json5', ranges: true, tokens: true, allowTrailingCommas: true })
  // `as`: with `ranges` and `tokens` on, momoa fills in both.
  return { text, tree, tokens: (tree.tokens ?? []) as Placed<Token>[] }
}

/** Where a node stands. Elements carry no range of their own in momoa 3. */
export function rangeOf(node: ValueNode | MemberNode | ElementNode): [number, number] {
  const placed = node.type === 'Element' ? node.value : node
  // `as`: every parsed document here has ranges.
  return placed.range as [number, number]
}

/** The name of a member, quoted or not. */
export function nameOf(member: MemberNode): string {
  return member.name.type === 'String' ? member.name.value : member.name.name
}

/** The member or element at one step below a node; of two equal keys the last, which is the one that counts. */
export function entryAt(node: ValueNode, segment: string | number): MemberNode | ElementNode | undefined {
  if (node.type === 'Object') return node.members.findLast((member) => nameOf(member) === String(segment))
  return node.type === 'Array' && typeof segment === 'number' ? node.elements[segment] : undefined
}

/** The first token from an offset on that is not a comment. */
export function nextToken({ tokens }: Json5Document, offset: number): Placed<Token> | undefined {
  return tokens.find((token) => token.range[0] >= offset && !isComment(token))
}

/** Whether a token is a comment. */
export function isComment(token: Token): boolean {
  return token.type === 'LineComment' || token.type === 'BlockComment'
}

/** The members or elements of an object or a list. */
export function entriesOf(node: ObjectNode | ArrayNode): (MemberNode | ElementNode)[] {
  return node.type === 'Object' ? node.members : node.elements
}
