import { PlatformError } from '@racetrack-platform/errors';
import type { CommandContext } from './command-context.ts';

/** Anything that checks input; every zod schema does. */
export interface InputParser<Input> {
  parse(raw: unknown): Input;
}

export interface CommandDefinition<Input, Data> {
  readonly input: InputParser<Input>;
  /** Does the work. What it returns is printed; commands that print while they run return undefined. */
  run(context: CommandContext, input: Input): Promise<Data>;
  /** Text for people; an empty one prints nothing. `--output json` prints the data itself instead. */
  render(data: Data, context: CommandContext, input: Input): string | Uint8Array;
}

/** A command with its types closed over. */
export interface ExecutableCommand {
  /** Checks raw input; tests look at the result. */
  parse(raw: unknown): unknown;
  execute(context: CommandContext, raw: unknown): Promise<void>;
}

/** Makes a command of its three parts: input, run, render. */
export function defineCommand<Input, Data>(definition: CommandDefinition<Input, Data>): ExecutableCommand {
  const parse = (raw: unknown): Input => parseInput(definition.input, raw);
  return {
    parse,
    async execute(context, raw) {
      const input = parse(raw);
      const data = await definition.run(context, input);
      context.log.clearStatus();
      if (data === undefined) return;
      if (context.format === 'json') {
        context.io.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
        return;
      }
      const text = definition.render(data, context, input);
      if (text.length > 0) context.io.stdout.write(text);
    },
  };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function parseInput<Input>(parser: InputParser<Input>, raw: unknown): Input {
  try {
    return parser.parse(raw);
  } catch (error) {
    if (!(error instanceof Error) || !('issues' in error) || !Array.isArray(error.issues)) throw error;
    const issues = error.issues as readonly Issue[];
    const text = issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; ');
    throw new PlatformError('USAGE', `invalid value for ${text}`);
  }
}
