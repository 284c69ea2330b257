import { execFileSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Who runs the server: it refuses to run as root. */
export interface PostgresUser {
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresBinaries {
  readonly directory: string;
  /** Undefined: the user of this process. */
  readonly user: PostgresUser | undefined;
}

const DEBIAN_DIR = '/usr/lib/postgresql';

/** The programs of a PostgreSQL server on this machine, or, as a text, why there are none to use. */
export function findPostgres(): PostgresBinaries | string {
  const directory = candidates().find(hasServer);
  if (directory === undefined) return 'no PostgreSQL server is installed (apt install postgresql)';
  if (process.getuid?.() !== 0) return { directory, user: undefined };
  const user = findServerUser();
  return user === undefined ? 'as root, PostgreSQL needs a user named postgres' : { directory, user };
}

function candidates(): string[] {
  let versions: string[] = [];
  try {
    versions = readdirSync(DEBIAN_DIR).sort((a, b) => Number(b) - Number(a));
  } catch {
    // Not a Debian: what is on the PATH.
  }
  const path = (process.env['PATH'] ?? '').split(delimiter);
  return [...versions.map((version) => join(DEBIAN_DIR, version, 'bin')), ...path];
}

function hasServer(directory: string): boolean {
  try {
    for (const program of ['initdb', 'postgres']) accessSync(join(directory, program), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findServerUser(): PostgresUser | undefined {
  const read = (option: string): number =>
    Number(
      execFileSync('id', [option, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  try {
    return { uid: read('-u'), gid: read('-g') };
  } catch {
    return undefined;
  }
}
