import { EXIT_CODES } from '@racetrack-platform/errors';
import { createContext } from './command/command-context.ts';
import { parseCommandLine, type Invocation } from './command/parse-command-line.ts';
import { COMMANDS } from './commands/command-table.ts';
import type { Io } from './io.ts';
import { createLog } from './output/log.ts';
import { printError } from './output/print-error.ts';

/** Reason of the abort signal after Ctrl-C. */
export class Interruption extends Error {
  override readonly name = 'Interruption';

  constructor() {
    super('interrupted');
  }
}

/**
 * Runs one command line to its end.
 *
 * @param argv - without `node` and the script.
 * @param io - what the command may touch.
 * @returns the exit code; every failure is printed already.
 */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    const parsed = await parseCommandLine(argv, COMMANDS);
    if (parsed.kind === 'help') {
      io.stdout.write(parsed.text);
      return parsed.exitCode;
    }
    return await runInvocation(parsed, io);
  } catch (error) {
    return printError(createLog(io, { isVerbose: false }), io, error);
  }
}

async function runInvocation(invocation: Invocation, io: Io): Promise<number> {
  const context = createContext(io, invocation);
  try {
    const command = await invocation.spec.load();
    await command.execute(context, invocation.input);
    return EXIT_CODES.ok;
  } catch (error) {
    if (io.signal.aborted && isCancellation(error, io.signal)) {
      context.log.clearStatus();
      return EXIT_CODES.interrupted;
    }
    return printError(context.log, io, error);
  }
}

function isCancellation(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}
