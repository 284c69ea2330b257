import { isAbsolute } from 'node:path';
import { ensureBuildsDirectory } from './cache/builds-directory.ts';
import { removeLeftovers } from './cache/remove-leftovers.ts';

/*
 * Removes what killed builders have left: processes, half-built entries, workspaces. Control runs it when it starts and
 * whenever a builder has died without a word. The one argument is the builds directory.
 */
const [, , buildsDir = ''] = process.argv;
if (!isAbsolute(buildsDir)) throw new Error('the builds directory is not an absolute path');
await removeLeftovers(await ensureBuildsDirectory(buildsDir));
