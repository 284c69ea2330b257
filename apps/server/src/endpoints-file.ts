import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Endpoints } from './roles/child-message.ts';

/** Writes `DATA_DIR/endpoints.json`, by which scripts find a running platform; a reader never sees half of it. */
export async function writeEndpointsFile(dataDir: string, endpoints: Endpoints): Promise<void> {
  const file = path.join(dataDir, 'endpoints.json');
  await writeFile(`${file}.new`, `${JSON.stringify(endpoints, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Removes the file: nothing answers there any more. */
export async function removeEndpointsFile(dataDir: string): Promise<void> {
  await rm(path.join(dataDir, 'endpoints.json'), { force: true });
}
