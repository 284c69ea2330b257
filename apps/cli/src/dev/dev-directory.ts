import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KEY_BYTES = 32;
/** The path of a Unix socket may be 104 bytes long at most (macOS; 108 on Linux), and ours adds a few. */
const LONGEST_RUN_DIR = 85;

/** What stays between runs of the local loop; shared by all of them, also by two at once. */
export interface DevDirectory {
  /** The builder's: environments and artifacts, which it locks. */
  readonly builds: string;
  /** Names of runs, and what each has built. */
  readonly runs: string;
  /** A directory for each plugin's own data. */
  readonly plugins: string;
  /** `JOB_DATA_DIR` of a job's family. */
  dataOf(name: string): string;
  /** Key of the HMAC by which build secrets enter the names of what was built, hexadecimal. */
  readonly secretsKey: string;
}

/** Opens `~/.racetrack/dev`, and makes what is missing of it. */
export async function openDevDirectory(home: string): Promise<DevDirectory> {
  const root = join(home, '.racetrack', 'dev');
  const directory = {
    builds: join(root, 'builds'),
    plugins: join(root, 'plugins'),
    runs: join(root, 'runs'),
  };
  for (const path of [root, ...Object.values(directory)]) await mkdir(path, { recursive: true, mode: 0o700 });
  return {
    ...directory,
    dataOf: (name) => join(root, 'data', name),
    secretsKey: await findSecretsKey(join(root, 'secrets.key')),
  };
}

/** Whoever comes first makes it. */
async function findSecretsKey(path: string): Promise<string> {
  const key = randomBytes(KEY_BYTES).toString('hex');
  try {
    await writeFile(path, key, { flag: 'wx', mode: 0o600 });
    return key;
  } catch {
    return (await readFile(path, 'utf8')).trim();
  }
}

/** A private directory of one run, for sockets and what is sent to the builder; removed at its end. */
export interface RunDirectory extends AsyncDisposable {
  readonly path: string;
}

/** Makes a {@link RunDirectory} whose path is short enough for sockets. */
export async function createRunDirectory(): Promise<RunDirectory> {
  const parent = tmpdir().length < LONGEST_RUN_DIR - 'racetrack-dev-XXXXXX'.length ? tmpdir() : '/tmp';
  const path = await mkdtemp(join(parent, 'racetrack-dev-'));
  return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }) };
}
