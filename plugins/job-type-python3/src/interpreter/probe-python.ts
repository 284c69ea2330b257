import { execFile } from 'node:child_process';
import { z } from 'zod';

/** An interpreter that takes longer than this to say its version is of no use. */
const PROBE_TIMEOUT_MS = 10_000;

const probedSchema = z.object({
  major: z.number(),
  minor: z.number(),
  /** `3.11.7`, with a suffix for pre-releases. */
  version: z.string(),
  implementation: z.string(),
  /** As in the names of wheels: `linux-x86_64`. */
  platform: z.string(),
  /** C library and its version; empty where there is none to speak of. */
  libc: z.string(),
  /** Absolute path; behind the launchers that version managers put on the search path. */
  executable: z.string().min(1),
  pipVersion: z.string().nullable(),
  hasVenv: z.boolean(),
  hasEnsurepip: z.boolean(),
});

/** What decides whether an interpreter runs jobs, and which environments it may share. */
export type PythonFacts = Readonly<z.infer<typeof probedSchema>>;

const PROBE = `
import json, platform, sys, sysconfig
from importlib.util import find_spec
try:
    from importlib.metadata import version
    pip = version('pip') if find_spec('pip') else None
except Exception:
    pip = None
print(json.dumps({
    'major': sys.version_info[0],
    'minor': sys.version_info[1],
    'version': platform.python_version(),
    'implementation': sys.implementation.name,
    'platform': sysconfig.get_platform(),
    'libc': ' '.join(platform.libc_ver()).strip(),
    'executable': sys.executable,
    'pipVersion': pip,
    'hasVenv': find_spec('venv') is not None,
    'hasEnsurepip': find_spec('ensurepip') is not None,
}))
`;

/**
 * Asks an interpreter what it is.
 *
 * @param command - a name on the search path, or an absolute path.
 * @returns `undefined` when there is no such command, or it is not a working Python 3.
 * @throws the signal's reason when aborted.
 */
export async function probePython(command: string, signal: AbortSignal): Promise<PythonFacts | undefined> {
  const output = await run(command, signal);
  signal.throwIfAborted();
  if (output === undefined) return undefined;
  const parsed = probedSchema.safeParse(parseJson(output));
  return parsed.success ? parsed.data : undefined;
}

async function run(command: string, signal: AbortSignal): Promise<string | undefined> {
  return await new Promise((resolve) => {
    execFile(
      command,
      ['-I', '-c', PROBE],
      { timeout: PROBE_TIMEOUT_MS, killSignal: 'SIGKILL', signal, maxBuffer: 64 * 1024 },
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
