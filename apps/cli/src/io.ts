import type { Readable } from 'node:stream';

/** Where text goes: standard output or standard error. */
export interface OutputChannel {
  readonly isTerminal: boolean;
  /** Width in characters; 80 when unknown. */
  readonly columns: number;
  write(data: string | Uint8Array): void;
}

/** Where text comes from. */
export interface InputChannel {
  /** `other` is a device such as /dev/null, or a closed descriptor: never read without being asked to. */
  readonly kind: 'terminal' | 'pipe' | 'file' | 'other';
  /** Opens the stream; a stream that is never opened keeps no process alive. */
  open(): Readable;
}

/** Everything a command may touch of the process it runs in; tests bring their own. */
export interface Io {
  readonly stdin: InputChannel;
  readonly stdout: OutputChannel;
  readonly stderr: OutputChannel;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Working directory, absolute. */
  readonly cwd: string;
  /** Home directory, absolute. */
  readonly home: string;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Milliseconds since some moment; only differences count. */
  readonly monotonicMs: () => number;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Asks on the terminal and reads one line; without echo when `isSecret`. */
  readonly ask: (prompt: string, options: { readonly isSecret: boolean }) => Promise<string>;
}
