import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

export interface AskDeps {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

/**
 * Asks on the terminal and reads one line.
 *
 * @param options - `isSecret`: nothing that is typed is shown.
 * @throws the signal's reason after Ctrl-C.
 */
export async function askOnTerminal(
  deps: AskDeps,
  prompt: string,
  options: { readonly isSecret: boolean },
): Promise<string> {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: deps.input,
    output: options.isSecret ? silence : deps.output,
    terminal: true,
  });
  // In raw mode Ctrl-C arrives as a key; it has to mean what it means everywhere else.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    // Its own echo is silenced together with the typing, so a secret's prompt is written past it.
    if (options.isSecret) deps.output.write(prompt);
    return await lines.question(options.isSecret ? '' : prompt, { signal: deps.signal });
  } finally {
    lines.close();
    if (options.isSecret) deps.output.write('\n');
  }
}
