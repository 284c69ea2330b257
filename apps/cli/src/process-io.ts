import { fstatSync } from 'node:fs';
import { homedir } from 'node:os';
import process from 'node:process';
import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import type { InputChannel, Io, OutputChannel } from './io.ts';

/**
 * The real process as an {@link Io}.
 *
 * @param env - the environment, passed in by `main.ts`.
 * @param signal - aborts on Ctrl-C.
 */
export function createProcessIo(env: Io['env'], signal: AbortSignal): Io {
  return {
    stdin: { kind: stdinKind(), open: () => process.stdin },
    stdout: createChannel(process.stdout),
    stderr: createChannel(process.stderr),
    env,
    cwd: process.cwd(),
    home: env['HOME'] ?? homedir(),
    signal,
    monotonicMs: () => performance.now(),
    nowMs: () => Date.now(),
    ask: async (prompt, options) => {
      const { askOnTerminal } = await import('./input/ask-on-terminal.ts');
      return await askOnTerminal({ input: process.stdin, output: process.stderr, signal }, prompt, options);
    },
  };
}

function createChannel(stream: NodeJS.WriteStream): OutputChannel {
  // A reader that went away (`racetrack list | head -1`) is no failure of the command.
  stream.on('error', () => undefined);
  return {
    isTerminal: stream.isTTY,
    // Some pseudo-terminals have no size.
    columns: stream.columns > 0 ? stream.columns : 80,
    write: (data) => void (stream as Writable).write(data),
  };
}

function stdinKind(): InputChannel['kind'] {
  try {
    const status = fstatSync(0);
    if (status.isFIFO() || status.isSocket()) return 'pipe';
    if (status.isFile()) return 'file';
    return isatty(0) ? 'terminal' : 'other';
  } catch {
    return 'other';
  }
}
