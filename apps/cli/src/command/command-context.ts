import type { CliSettings } from '../config.ts';
import type { Io } from '../io.ts';
import { createLog, type Log } from '../output/log.ts';
import type { Invocation } from './parse-command-line.ts';

/** What every command gets. */
export interface CommandContext {
  readonly io: Io;
  readonly log: Log;
  readonly format: 'text' | 'json';
  readonly isVerbose: boolean;
  /** Reads the environment; loaded only by commands that need it. */
  readonly settings: () => Promise<CliSettings>;
}

/** Creates the context of one invocation. */
export function createContext(io: Io, invocation: Pick<Invocation, 'format' | 'isVerbose'>): CommandContext {
  const { format, isVerbose } = invocation;
  return {
    io,
    log: createLog(io, { isVerbose }),
    format,
    isVerbose,
    settings: async () => {
      const { parseSettings } = await import('../config.ts');
      return parseSettings(io);
    },
  };
}
