/** What every face shows of an error: a code from the catalogue, what happened, and what to type next. */
export interface ErrorInfo {
  code: string
  message: string
  hint?: string
  docs?: string
}

/** One row of the catalogue. `{name}` in a text is filled from the parameters given when the error is made. */
export interface ErrorDefinition {
  /** What happened and what it means, one sentence or two. */
  readonly message: string
  /** What to type or change next. */
  readonly hint?: string
  /** HTTP status where the error is answered over HTTP. */
  readonly http: number
  /** Exit code of the CLI: 1 the person can act, 2 wrong usage, 3 configuration, 70 our bug. */
  readonly exit: 1 | 2 | 3 | 70
  /** For `docs/errors.md`: when it occurs, for a person who looks the code up. */
  readonly about: string
}

type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never
type ParameterNames<D extends ErrorDefinition> =
  | Placeholders<D['message']>
  | (D extends { readonly hint: infer Hint extends string } ? Placeholders<Hint> : never)
type Parameters<D extends ErrorDefinition> = Record<ParameterNames<D>, string | number>
type Arguments<D extends ErrorDefinition> = [ParameterNames<D>] extends [never]
  ? [parameters?: Record<string, never>, options?: ErrorOptions]
  : [parameters: Parameters<D>, options?: ErrorOptions]

/** Makes the errors of one part: `partErrors.CODE({name: 'value'}, {cause})` gives an XopcError to throw. */
export type ErrorMakers<Table extends Record<string, ErrorDefinition>> = {
  readonly [Code in keyof Table]: ((...given: Arguments<Table[Code]>) => XopcError) & { readonly definition: ErrorDefinition }
}

/** The one error class. `code` is stable; message and hint are for people. `http` and `exit` come from the catalogue row. */
export class XopcError extends Error {
  override readonly name = 'XopcError'
  readonly code: string
  readonly hint: string | undefined
  readonly http: number
  readonly exit: number

  constructor(info: ErrorInfo, definition: Pick<ErrorDefinition, 'http' | 'exit'>, options?: ErrorOptions) {
    super(info.message, options)
    this.code = info.code
    this.hint = info.hint
    this.http = definition.http
    this.exit = definition.exit
  }

  /** The page of the manual that explains this code. */
  get docs(): string {
    return docsOf(this.code)
  }

  /** The part of the error that any face may show. */
  info(): ErrorInfo {
    return { code: this.code, message: this.message, ...(this.hint === undefined ? {} : { hint: this.hint }), docs: this.docs }
  }
}

/** Where the manual explains a code. */
export function docsOf(code: string): string {
  return `docs/errors.md#${code.toLowerCase()}`
}

/** Declares the errors of one part; `errors/catalog.ts` joins them. Throws nothing. */
export function defineErrors<const Table extends Record<string, ErrorDefinition>>(table: Table): ErrorMakers<Table> {
  const makers = Object.entries(table).map(([code, definition]) => {
    const make = (parameters: Record<string, string | number> = {}, options?: ErrorOptions): XopcError => {
      const hint = definition.hint === undefined ? {} : { hint: fill(definition.hint, parameters) }
      return new XopcError({ code, message: fill(definition.message, parameters), ...hint }, definition, options)
    }
    return [code, Object.assign(make, { definition })] as const
  })
  // Object.fromEntries forgets which key goes with which value; the table's own type is the truth here.
  return Object.fromEntries(makers) as unknown as ErrorMakers<Table>
}

function fill(text: string, parameters: Record<string, string | number>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(parameters[name] ?? whole))
}
