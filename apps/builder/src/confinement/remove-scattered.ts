import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Account } from '@racetrack-platform/sandbox';

/** Where every user of a machine may write. */
const PUBLIC_DIRECTORIES = ['/tmp', '/var/tmp', '/dev/shm'];
const TIMEOUT_MS = 10_000;
const ENVIRONMENT = { PATH: '/usr/bin:/bin:/run/current-system/sw/bin', LC_ALL: 'C' };

/**
 * Removes what an account has left in the directories that are everybody's. A build that sees the machine as it is may
 * write there, though its `TMPDIR` is its own.
 *
 * The account itself does it: in a directory that it has opened to others, links may be put under the feet of whoever
 * walks there, and root's feet would be missed. What it cannot remove within ten seconds stays.
 *
 * @param account - of a build that is over, without processes; we are root.
 */
export async function removeScattered({ uid, gid }: Account): Promise<void> {
  const own = ['-xdev', '-mindepth', '1', '-maxdepth', '1', '-user', String(uid)];
  const child = spawn('find', [...PUBLIC_DIRECTORIES, ...own, '-exec', 'rm', '-rf', '--', '{}', '+'], {
    uid,
    gid,
    stdio: 'ignore',
    cwd: '/',
    env: ENVIRONMENT,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  // A machine without `find` keeps the files; the build itself is not the worse for it.
  await once(child, 'close').catch(() => undefined);
}
