import type { ExecutableCommand } from './define-command.ts';

/** One positional argument. */
export interface ArgumentSpec {
  /** As help shows it; in the input its lower camel case. */
  readonly name: string;
  readonly isRequired: boolean;
  /** Takes all that follows, as a list; only the last one. */
  readonly isVariadic?: true;
  readonly summary: string;
}

/** One option. */
export interface OptionSpec {
  /** In commander's notation, such as `-e, --extra-vars <KEY=VALUE>`. */
  readonly flags: string;
  readonly summary: string;
  readonly choices?: readonly string[];
  /** May be given several times; the input holds a list. */
  readonly isRepeatable?: true;
  readonly isRequired?: true;
  /** Another spelling that is understood, but not offered. */
  readonly isHidden?: true;
}

/**
 * How a command looks from outside. Kept apart from what it does, so that help and parsing load nothing heavy: the
 * start-up time of every command depends on it.
 */
export interface CommandSpec {
  /** Words after `racetrack`: a verb, or noun and verb. */
  readonly path: readonly [string] | readonly [string, string];
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** A command line that works, with the words after `racetrack`. */
  readonly example: string;
  /** Without any argument and option it prints its help and exits with 2, as in the original. */
  readonly showsHelpWhenBare?: true;
  readonly load: () => Promise<ExecutableCommand>;
}
