import { PlatformError } from '@racetrack-platform/errors';
import { loadManifest, type Manifest } from '@racetrack-platform/manifest';
import { stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import type { CommandContext } from '../command/command-context.ts';
import { readConfined } from '../input/read-confined.ts';
import { readInput } from '../input/read-input.ts';

/** How long a pipe that nobody asked for may take to show that it holds a manifest. */
const PIPE_PROBE_MS = 250;
/** How long a manifest that began, or was asked for with `-`, may take to go on. */
const PIPE_IDLE_MS = 10_000;
/** A manifest is written by hand; this is a thousand times the usual size. */
const MANIFEST_LIMIT_BYTES = 1024 * 1024;
const PIPED_NAME = '(standard input)';

/** A manifest and where it belongs. */
export interface Job {
  readonly manifest: Manifest;
  /** Merged, as written: what the server gets. */
  readonly submitted: Record<string, unknown>;
  readonly warnings: readonly string[];
  /** The job's directory, absolute. */
  readonly root: string;
  /** What the user called it, for messages. */
  readonly workdir: string;
}

export interface ReadJobOptions {
  /** Directory or manifest file; `-` reads the manifest from standard input; undefined is the current directory. */
  readonly workdir: string | undefined;
  readonly extraVars: readonly string[];
  readonly strict?: boolean;
  /** Whether a manifest on standard input is taken when there is no WORKDIR. */
  readonly acceptsPipe: boolean;
}

/**
 * Reads the manifest of a job: from a directory, a file, or standard input. Standard input is read only when asked for
 * with `-`, or when no WORKDIR is given and a pipe or file brings data at once; an open pipe never blocks.
 */
export async function readJob(context: CommandContext, options: ReadJobOptions): Promise<Job> {
  const piped = await readPipedManifest(context, options);
  if (piped !== undefined) {
    const path = resolve(context.io.cwd, PIPED_NAME);
    return await loadJob({ ...options, path, root: context.io.cwd, workdir: PIPED_NAME, piped });
  }
  const workdir = options.workdir ?? '.';
  const path = resolve(context.io.cwd, workdir);
  const root = (await isDirectory(path)) ? path : dirname(path);
  return await loadJob({ ...options, path, root, workdir, piped: undefined });
}

/** Whether an argument names a directory or a file rather than a job: job names hold neither dots nor slashes. */
export function isWorkdir(argument: string): boolean {
  return /[./\\]/.test(argument);
}

interface LoadOptions extends ReadJobOptions {
  readonly path: string;
  readonly root: string;
  readonly workdir: string;
  readonly piped: string | undefined;
}

async function loadJob({ path, root, workdir, piped, ...options }: LoadOptions): Promise<Job> {
  const readText = async (file: string): Promise<string | undefined> =>
    piped !== undefined && file === path ? piped : await readIfThere(root, file);
  const { manifest, submitted, warnings } = await loadManifest({ readText, isDirectory }, path, {
    extraVars: options.extraVars,
    ...(options.strict === undefined ? {} : { strict: options.strict }),
  });
  return { manifest, submitted, warnings, root, workdir };
}

async function readPipedManifest(
  context: CommandContext,
  options: ReadJobOptions,
): Promise<string | undefined> {
  const { io, log } = context;
  if (options.workdir === '-') {
    if (io.stdin.kind === 'terminal') log.note('Reading the manifest from the terminal; end with Ctrl-D.');
    const isTyped = io.stdin.kind === 'terminal';
    const text = await readInput(io, {
      firstByteMs: isTyped ? undefined : PIPE_IDLE_MS,
      idleMs: isTyped ? undefined : PIPE_IDLE_MS,
      limitBytes: MANIFEST_LIMIT_BYTES,
    });
    if (text !== undefined) return text;
    throw new PlatformError('MANIFEST_NOT_FOUND', 'standard input holds no manifest', {
      hint: 'Pipe a job.yaml into the command, or give its directory instead of -.',
    });
  }
  const mayBePiped = options.acceptsPipe && options.workdir === undefined;
  if (!mayBePiped || (io.stdin.kind !== 'pipe' && io.stdin.kind !== 'file')) return undefined;
  const text = await readInput(io, {
    firstByteMs: PIPE_PROBE_MS,
    idleMs: PIPE_IDLE_MS,
    limitBytes: MANIFEST_LIMIT_BYTES,
  });
  if (text === undefined || text.trim() === '') return undefined;
  log.note('Using the manifest from standard input.');
  return text;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** A manifest may come from somebody else: it must not make us show, or send, files from all over this machine. */
async function readIfThere(root: string, path: string): Promise<string | undefined> {
  if (relative(root, path).split(sep)[0] === '..' && !/\.ya?ml$/.test(path)) {
    throw refuse(`${path} is not named like a manifest`, 'Call a base manifest NAME.yaml.');
  }
  const found = await readConfined(dirname(path), basename(path), MANIFEST_LIMIT_BYTES).catch(
    (cause: NodeJS.ErrnoException) => {
      const message = `cannot read ${path} (${cause.code})`;
      throw new PlatformError('MANIFEST_NOT_FOUND', message, { cause, hint: 'Check its permissions.' });
    },
  );
  switch (found.kind) {
    case 'missing':
      return undefined;
    case 'outside':
      throw refuse(
        `${path} is a link that leads out of its directory`,
        'Replace it with a copy, or name the directory of the manifest itself.',
      );
    case 'not-a-file':
      if (await isDirectory(path)) return undefined;
      throw refuse(`${path} is not a file`, 'Pipe a manifest in with - instead of a path.');
    case 'too-large':
      throw refuse(
        `${path} is larger than a megabyte`,
        'Keep in it what describes the job, and data elsewhere.',
      );
    case 'read':
      return found.bytes.toString('utf8');
  }
}

function refuse(message: string, hint: string): PlatformError {
  return new PlatformError('MANIFEST_INVALID', message, { hint });
}
