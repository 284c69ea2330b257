// @ts-check
/**
 * Installs what the repository needs to run: the exact Node.js, then the packages. Plain JavaScript for Node.js 18 and
 * newer, standard library only, since it runs before anything is there. `tools/run` calls it; to run it by hand is safe
 * at any time. Progress goes to stderr, so that the output of what runs afterwards stays clean.
 */
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 18;

const [major] = process.versions.node.split('.');
if (Number(major) < OLDEST_NODE || process.platform === 'win32') {
  const found = process.platform === 'win32' ? 'Windows' : `Node.js ${process.versions.node}`;
  process.stderr.write(
    `racetrack: found ${found}, but Linux or macOS with Node.js ${OLDEST_NODE} or newer is needed.\n`,
  );
  process.stderr.write('  On Windows use the Windows Subsystem for Linux.\n');
  process.exit(1);
}

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { install } = await import('./bootstrap/install.mjs');
const { InstallError } = await import('./bootstrap/install-error.mjs');

try {
  await install(root);
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  process.stderr.write(`racetrack: ${error.message}\n`);
  for (const line of error.hints) process.stderr.write(`  ${line}\n`);
  process.exit(1);
}
