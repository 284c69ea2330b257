import { execFile } from 'node:child_process';
import { z } from 'zod';

/** A Go that takes longer than this to say its version is of no use. */
const PROBE_TIMEOUT_MS = 10_000;

const probedSchema = z.object({
  /** `go1.26.1`. */
  GOVERSION: z.string().min(1),
  /** Folder of the installation. */
  GOROOT: z.string().min(1),
  GOOS: z.string(),
  GOARCH: z.string(),
});

/** What an installation of Go says of itself. */
export type GoFacts = Readonly<z.infer<typeof probedSchema>>;

/**
 * Asks one installation of Go what it is.
 *
 * @param command - a name on the search path, or an absolute path.
 * @returns `undefined` when there is no such command, or it is not a working Go.
 * @throws the signal's reason when aborted.
 */
export async function probeGo(command: string, signal: AbortSignal): Promise<GoFacts | undefined> {
  const output = await run(command, signal);
  signal.throwIfAborted();
  if (output === undefined) return undefined;
  const parsed = probedSchema.safeParse(parseJson(output));
  return parsed.success ? parsed.data : undefined;
}

async function run(command: string, signal: AbortSignal): Promise<string | undefined> {
  // The version that is installed, not one that a go.mod somewhere wants.
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOENV: 'off', GOWORK: 'off' };
  return await new Promise((resolve) => {
    execFile(
      command,
      ['env', '-json', ...Object.keys(probedSchema.shape)],
      { cwd: '/', env, timeout: PROBE_TIMEOUT_MS, killSignal: 'SIGKILL', signal, maxBuffer: 64 * 1024 },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    );
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
