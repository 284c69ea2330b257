import { readFileSync, writeSync } from 'node:fs';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import type { UnpackTask } from './unpack-confined.ts';
import { unpackArchive } from './unpack-archive.ts';

/*
 * Unpacks an archive under an account: descriptor 4 is the archive, descriptor 3 says where it goes and who we become.
 * All of the program is loaded as root, who alone may be able to read it; nothing of the archive is.
 */
const ARCHIVE = 4;

// From the builder itself. Loading a library that checks it would take longer than everything else here.
const { uid, gid, targetDir } = JSON.parse(readFileSync(3, 'utf8')) as UnpackTask;

process.setgroups?.([]);
process.setgid?.(gid);
process.setuid?.(uid);
if (process.getuid?.() !== uid || process.geteuid?.() !== uid) throw new Error('still somebody else');
process.umask(0o022);

try {
  await unpackArchive(ARCHIVE, targetDir, new AbortController().signal);
} catch (error) {
  const { code, message, hint } = PlatformError.is(error)
    ? error
    : { code: 'BUILD_FAILED', message: messageOf(error), hint: null };
  writeSync(1, JSON.stringify({ code, message, hint: hint ?? null }));
  process.exitCode = 1;
}
