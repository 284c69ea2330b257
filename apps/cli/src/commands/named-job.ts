import type { CommandContext } from '../command/command-context.ts';
import { isWorkdir, readJob } from '../deploy/read-job.ts';

/** What a command is about. */
export interface NamedJob {
  readonly name: string;
  /** Undefined when the command line leaves it open. */
  readonly version: string | undefined;
}

/**
 * Finds out which job is meant: by name, or in the older form by a directory with its manifest, which then gives the
 * version, too.
 *
 * @param argument - name or directory; undefined is the current directory.
 * @param version - the value of `--version`, which wins.
 */
export async function readNamedJob(
  context: CommandContext,
  argument: string | undefined,
  version: string | undefined,
): Promise<NamedJob> {
  if (argument !== undefined && !isWorkdir(argument)) return { name: argument, version };
  const { manifest } = await readJob(context, {
    workdir: argument ?? '.',
    extraVars: [],
    acceptsPipe: false,
  });
  return { name: manifest.name, version: version ?? manifest.version };
}
