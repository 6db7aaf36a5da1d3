/** Asks for a secret at the terminal, its characters masked. Ctrl-C rejects with inquirer's `ExitPromptError`. */
export async function askSecret(question: string): Promise<string> {
  const { password } = await import('@inquirer/prompts')
  // The prompt goes to stderr: what was asked for goes to stdout.
  return password({ message: question, mask: '•' }, { output: process.stderr })
}
