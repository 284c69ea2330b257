import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeStore, readStoreOptions } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { ensureDataDirectory } from '../data-directory.ts';
import { acquireDataDirectoryLock } from '../lock/data-directory-lock.ts';
import { childMessageSchema } from '../roles/child-message.ts';
import { RoleFailure } from '../roles/role-failure.ts';
import type { AdministrationAction } from './administration-command.ts';

interface RunAdministrationDeps {
  /** Absolute. */
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

const ENTRY = fileURLToPath(new URL('../../../lifecycle/src/administration.ts', import.meta.url));

/**
 * Has lifecycle do something on the store, in a process of its own that ends with this one.
 *
 * @throws PlatformError `NOT_FOUND` when there is no store; `DATA_DIR_IN_USE` when a platform runs that must not.
 * @throws RoleFailure when it could not be done.
 */
export async function runAdministration(
  deps: RunAdministrationDeps,
  { args, isExclusive }: AdministrationAction,
): Promise<number> {
  requireStore(deps);
  if (!isExclusive) return await runChild(deps, args);
  const lock = await acquireDataDirectoryLock(await ensureDataDirectory(deps.dataDir));
  try {
    return await runChild(deps, args);
  } finally {
    await lock.release();
  }
}

/** Looking must not make a database file. */
function requireStore({ env, dataDir }: RunAdministrationDeps): void {
  const options = readStoreOptions(env, join(dataDir, 'store', 'racetrack.db'));
  if (options.kind !== 'sqlite' || existsSync(options.path)) return;
  throw new PlatformError('NOT_FOUND', `there is no store yet: ${describeStore(options)}`, {
    hint: 'Name the data directory with --data-dir, or set DATABASE_URL.',
  });
}

async function runChild(deps: RunAdministrationDeps, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    env: { ...deps.env, RACETRACK_DATA_DIR: deps.dataDir },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let failure: RoleFailure | undefined;
  child.stdout?.on('data', (chunk: Buffer) => deps.writeOut(chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => deps.writeErr(chunk.toString()));
  child.on('message', (message) => {
    const parsed = childMessageSchema.safeParse(message);
    if (parsed.success && parsed.data.type === 'fatal') {
      const { message: text, hint, exitCode } = parsed.data;
      failure = new RoleFailure(text, { hint: hint ?? undefined, exitCode });
    }
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (failure !== undefined) throw failure;
  return code ?? 1;
}
