import { rmSync } from 'node:fs';
import path from 'node:path';
import { cleanDataDirectory } from './clean/clean-data-directory.ts';
import { ROOT } from './repository.ts';

/** Stops what runs on the default data directory and on that of the demo, and removes both. */
const args = process.argv.slice(2);
const unknown = args.filter((argument) => argument !== '--all');
if (unknown.length > 0) {
  console.error('usage: npm run clean [-- --all]    --all removes the installed packages and Node.js too');
  process.exit(2);
}
try {
  for (const folder of ['.racetrack', '.racetrack-demo/data']) {
    await cleanDataDirectory(path.join(ROOT, folder), (line) => console.log(line));
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
const installed = ['node_modules', '.runtime', 'tools/runtime/node_modules'];
for (const folder of ['.racetrack-demo', ...(args.includes('--all') ? installed : [])]) {
  rmSync(path.join(ROOT, folder), { recursive: true, force: true });
}
console.log('Clean.');
