import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A tiny HTTP server that plays a job: `node <file> <socket path or port>`. Its paths are described in the file. */
export const TEST_JOB_FILE = fileURLToPath(new URL('./fixtures/test-job.ts', import.meta.url));

/** Its folder, for a target that wants the source of a job. */
export const TEST_JOB_DIR = dirname(TEST_JOB_FILE);

/** For the variable `NODE_COMPILE_CACHE` of Node processes that tests start: they start in half the time. */
export const TEST_COMPILE_CACHE_DIR = join(tmpdir(), `racetrack-test-cache-${process.getuid?.() ?? 0}`);
