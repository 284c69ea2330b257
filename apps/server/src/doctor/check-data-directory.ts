import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { checkFeedPath } from '../files/check-feed-path.ts';
import { inspectFiles } from '../files/inspect-files.ts';
import { LEAST_FREE_BYTES, measureRoom } from '../files/require-room.ts';
import { readLock } from '../lock/lock-record.ts';
import { isRunning } from '../lock/process-identity.ts';
import { fail, ok, warn, type Check, type CheckGroup } from './check.ts';
import { isForeign } from './is-foreign.ts';

const COMFORTABLE_FREE_BYTES = 1024 ** 3;
const COMFORTABLE_FREE_FILES = 10_000;
/** Names in one line. */
const MAX_NAMES = 20;

/** The folder that everything is kept in: modes, room, who holds it. */
export const dataDirectoryChecks: CheckGroup = {
  title: 'Data directory',

  async run({ config: { dataDir }, env }) {
    if (await isForeign(dataDir)) {
      return [
        fail(
          `the data directory ${dataDir} belongs to another user: nothing in it was looked at`,
          'Run doctor as its owner, or choose another one with --data-dir.',
        ),
      ];
    }
    const found = await stat(dataDir).catch((error: unknown) => messageOf(error));
    if (typeof found === 'string') {
      if (found.startsWith('ENOENT')) return [ok(`${dataDir} does not exist yet; the first start makes it`)];
      return [fail(found, 'Choose another folder with --data-dir.')];
    }
    if (!found.isDirectory())
      return [fail(`${dataDir} is not a directory`, 'Choose a folder with --data-dir.')];
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
    const isOpen = (found.mode & 0o022) !== 0;
    const folder = isOpen
      ? fail(
          `other users may write to ${dataDir} (mode ${mode})`,
          `Look at what is in it; if it is yours: chmod 700 ${dataDir}`,
        )
      : ok(`${dataDir}, mode ${mode}, of user number ${found.uid}`);
    return [
      folder,
      ...(await checkFiles(dataDir)),
      ...(await checkRoom(dataDir)),
      await checkLock(dataDir),
      ...(await checkJobData(dataDir)),
      ...checkFeed(dataDir, env),
    ];
  },
};

async function checkFiles(dataDir: string): Promise<Check[]> {
  const findings = await inspectFiles(dataDir);
  if (findings.length === 0) return [ok('owners and modes of all files are as they have to be')];
  return findings.map(({ path: file, problem, hint, repairedMode }) =>
    repairedMode === undefined
      ? fail(`${file} ${problem}`, hint)
      : warn(`${file} ${problem}`, `The next start puts it right; or now: ${hint}`),
  );
}

async function checkRoom(dataDir: string): Promise<Check[]> {
  const { freeBytes, freeFiles } = await measureRoom(dataDir);
  const files = freeFiles === undefined ? '' : ` and ${freeFiles} files`;
  const text = `room for ${(freeBytes / 1024 ** 3).toFixed(1)} GiB${files}`;
  if (freeBytes < LEAST_FREE_BYTES || freeFiles === 0)
    return [fail(text, 'Free some: the server does not start without.')];
  const isTight = freeBytes < COMFORTABLE_FREE_BYTES || (freeFiles ?? Infinity) < COMFORTABLE_FREE_FILES;
  return [isTight ? warn(text, 'Free some: builds of jobs need it.') : ok(text)];
}

async function checkLock(dataDir: string): Promise<Check> {
  const lock = await readLock(path.join(dataDir, 'lock'));
  if (lock.kind === 'absent') return ok('no server holds it');
  if (lock.kind === 'unreadable') return ok('its lock was cut off; the next start takes it over');
  const { holder } = lock.record;
  return (await isRunning(holder))
    ? ok(`process ${holder.pid} holds it`)
    : ok(`process ${holder.pid}, which held it, is gone; the next start takes it over`);
}

/** Nothing else knows of the data of families that are deployed no more. */
async function checkJobData(dataDir: string): Promise<Check[]> {
  const directory = path.join(dataDir, 'job-data');
  const names = await readdir(directory).catch((): string[] => []);
  if (names.length === 0) return [];
  const shown = names.sort().slice(0, MAX_NAMES).join(', ');
  return [
    ok(`${directory} keeps data of ${names.length} job(s): ${shown}${names.length > MAX_NAMES ? ', …' : ''}`),
  ];
}

function checkFeed(dataDir: string, env: Readonly<Record<string, string | undefined>>): Check[] {
  try {
    checkFeedPath(dataDir, env['RACETRACK_FEED']);
    return [];
  } catch (error) {
    if (!PlatformError.is(error)) throw error;
    return [fail(error.message, error.hint)];
  }
}
