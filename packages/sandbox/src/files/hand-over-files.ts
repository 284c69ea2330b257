import type { Account } from '../command/confinement-options.ts';
import { runQuietly } from './run-quietly.ts';

const NICENESS = 3;

/**
 * Gives a directory, and what one user has in it, to an account. Whatever belongs to anybody else stays as it is, and so
 * does a file with several names, one of which may be somewhere else; links are changed themselves, never what they
 * point to. `find` goes from directory to directory, so that none can be replaced by a link meanwhile.
 *
 * @param path - absolute; no process of the former user may write to it any more.
 * @param formerUid - whose files are handed over.
 * @throws PlatformError `PLUGIN_FAILED` when `find` could not be run.
 */
export async function handOverFiles(path: string, formerUid: number, account: Account): Promise<void> {
  const owner = `${account.uid}:${account.gid}`;
  const chosen = ['-uid', String(formerUid), '(', '-type', 'd', '-o', '-links', '1', ')'];
  const args = ['-P', path, '-xdev', '-depth', ...chosen, '-execdir', 'chown', '-h', owner, '{}', '+'];
  await runQuietly('find', args, undefined, NICENESS);
}
