import { rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

/** Puts a link to the installed packages where imports of the job's code look for them. */
const { values } = parseArgs({
  options: { installed: { type: 'string' }, dependencies: { type: 'string' } },
});
const { installed, dependencies } = values;
if (installed === undefined || dependencies === undefined) {
  throw new Error('--installed and --dependencies are needed');
}
const path = join(dirname(dependencies), 'node_modules');
rmSync(path, { recursive: true, force: true });
symlinkSync(installed, path);
