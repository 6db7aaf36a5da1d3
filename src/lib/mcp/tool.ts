import type { z } from 'zod'
import type { McpServer, ToolAnnotations } from '@modelcontextprotocol/server'
import type { Xopc } from '../core/xopc.ts'
import type { ErrorInfo } from '../errors/error.ts'
import { cleanText } from '../protocol/outside-text.ts'
import type { WaitingCode } from './waiting-code.ts'

/** What the tools and resources are given by whoever serves them. */
export interface House {
  /** Work on the gateway that is meant now. Throws `GATEWAY_NOT_RUNNING`, what reaching it throws, and what the work throws. */
  withGateway<Result>(work: (xopc: Xopc) => Promise<Result>): Promise<Result>
  /** What is told of an error, also of one that nobody foresaw. Never throws. */
  explain(error: unknown): Promise<ErrorInfo>
  /** A value as JSON in which nothing is invisible. */
  jsonText(value: unknown): string
  readonly code: WaitingCode
}

/** What one call has besides its arguments. */
export interface Call {
  code: WaitingCode
  /** Aborts when the client takes the call back. */
  signal: AbortSignal
}

/** One tool: what a model is told of it, and what it does. */
export interface ToolRow<Input extends z.ZodObject> {
  name: string
  title: string
  description: string
  annotations: Required<Omit<ToolAnnotations, 'title'>>
  input: Input
  output: z.ZodType
  run(xopc: Xopc, given: z.infer<Input>, call: Call): Promise<object>
}

/** A tool that can be offered. */
export interface Tool {
  register(server: McpServer, house: House): void
}

/** Of a sentence that quotes files, programs and far ends, in characters. */
const LONGEST = 2000

/** Makes a row a tool: it answers with the object, also as text, and an error with its row of the catalogue. */
export function tool<Input extends z.ZodObject>({ name, input, output, run, ...told }: ToolRow<Input>): Tool {
  return {
    register(server, house) {
      const { code } = house
      const inputSchema: z.ZodObject = input
      server.registerTool(name, { ...told, inputSchema, outputSchema: output }, async (given: unknown, context) => {
        const call = { code, signal: context.mcpReq.signal }
        try {
          // `as`: the SDK hands over what the schema made of the arguments, and cannot say so for one that is generic here.
          const reply = await house.withGateway(async (xopc) => await run(xopc, given as z.infer<Input>, call))
          return { content: [{ type: 'text', text: house.jsonText(reply) }], structuredContent: { ...reply } }
        } catch (error) {
          // Nobody waits for the answer any more.
          if (call.signal.aborted) return { isError: true, content: [] }
          const info = await house.explain(error)
          return { isError: true, content: [{ type: 'text', text: sentenceOf(info) }], structuredContent: { error: { ...info } } }
        }
      })
    },
  }
}

/** An error as a model reads it: the code, what happened, what to do. Pure. */
export function sentenceOf({ code, message, hint = '' }: ErrorInfo): string {
  return cleanText(`${code}: ${message} ${hint}`, LONGEST)
}
