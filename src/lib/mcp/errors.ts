import { defineErrors } from '../errors/error.ts'

/** Errors of `xopc mcp`, besides those of what it asks for. */
export const mcpErrors = defineErrors({
  MCP_NOT_ENABLED_BEFORE: {
    message: 'No person has switched {method} on at this gateway yet, so a program may not either. Nothing was changed.',
    hint: 'Ask the person to type it once: {command}',
    http: 403,
    exit: 1,
    about:
      'Through `xopc mcp` a model may open a way in again, exactly as a person had it open before, and never a new one. What was open is read from the audit log (`AccessAudit.wanted`); what is no longer there counts as never opened.',
  },
})
