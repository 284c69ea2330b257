import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * Copies the wrapper into an environment: without its types, so that a start does not have to remove them, with the files
 * of the Swagger page, and with an interpreter where the host's is out of reach for jobs.
 */
const RUNTIME_DIR = dirname(dirname(fileURLToPath(import.meta.url)));
const PARTS = ['run.ts', 'server', 'worker', 'shared', 'helper'];
const SWAGGER_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js'];
/** Own modules are imported by the name of their source. */
const OWN_IMPORT = /(['"])(\.{1,2}\/[^'"]+)\.ts\1/g;

const { values } = parseArgs({
  options: {
    environment: { type: 'string' },
    'swagger-dir': { type: 'string' },
    'copy-node': { type: 'boolean', default: false },
  },
});
const { environment, 'swagger-dir': swaggerDir } = values;
if (environment === undefined || swaggerDir === undefined)
  throw new Error('--environment and --swagger-dir are needed');

const target = join(environment, 'wrapper');
// Removing types is announced as experimental by some versions; it is the same as what runs TypeScript everywhere.
process.removeAllListeners('warning');
for (const file of PARTS.flatMap(listFiles)) {
  const output = join(target, relative(RUNTIME_DIR, file).replace(/(?<!\.d)\.ts$/, '.js'));
  mkdirSync(dirname(output), { recursive: true });
  if (file.endsWith('.d.ts')) copyFileSync(file, output);
  else
    writeFileSync(
      output,
      stripTypeScriptTypes(readFileSync(file, 'utf8')).replaceAll(OWN_IMPORT, '$1$2.js$1'),
    );
}
writeFileSync(join(target, 'package.json'), '{"type":"module"}\n');
mkdirSync(join(target, 'swagger'), { recursive: true });
for (const name of SWAGGER_FILES) copyFileSync(join(swaggerDir, name), join(target, 'swagger', name));
if (values['copy-node']) {
  mkdirSync(join(environment, 'bin'), { recursive: true });
  copyFileSync(process.execPath, join(environment, 'bin', 'node'));
}

function listFiles(part: string): string[] {
  const path = join(RUNTIME_DIR, part);
  if (part.endsWith('.ts')) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(path, name));
}
