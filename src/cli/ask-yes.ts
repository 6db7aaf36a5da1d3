/** Asks at the terminal; no is the answer that Enter gives. The question is on stderr. */
export async function askYes(question: string): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts')
  return await confirm({ message: question, default: false }, { output: process.stderr })
}
