import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { explainDiskFull, presentError, toPlatformError } from '@racetrack-platform/errors';
import { extractBuildContext } from './extract-build-context.ts';
import { storeArchive } from './read-deploy-body.ts';

/** Entry of the thread that parses one large body; see `readDeployBody`. */
const { bodyFile, uploadsDir } = workerData as { bodyFile: string; uploadsDir: string };
try {
  const body = await readFile(bodyFile);
  const parsed = await extractBuildContext(body, async (archive) => await storeArchive(uploadsDir, archive));
  parentPort?.postMessage({ parsed });
} catch (error) {
  parentPort?.postMessage({ error: presentError(toPlatformError(explainDiskFull(error) ?? error), null) });
}
