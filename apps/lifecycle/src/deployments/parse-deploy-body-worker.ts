import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { presentError, toPlatformError } from '@racetrack-platform/errors';
import { extractBuildContext } from './extract-build-context.ts';
import { storeArchive } from './read-deploy-body.ts';

/** Entry of the thread that parses one large body; see `readDeployBody`. */
const { bodyFile, uploadsDir } = workerData as { bodyFile: string; uploadsDir: string };
try {
  const text = await readFile(bodyFile, 'utf8');
  const parsed = await extractBuildContext(text, async (archive) => await storeArchive(uploadsDir, archive));
  parentPort?.postMessage({ parsed });
} catch (error) {
  parentPort?.postMessage({ error: presentError(toPlatformError(error), null) });
}
