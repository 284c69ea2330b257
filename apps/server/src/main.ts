import { fileURLToPath } from 'node:url';
import manifest from '../package.json' with { type: 'json' };
import { runServer } from './run-server.ts';

const exitCode = await runServer({
  args: process.argv.slice(2),
  env: process.env,
  version: manifest.version,
  entries: {
    pub: fileURLToPath(new URL('../../pub/src/main.ts', import.meta.url)),
    control: fileURLToPath(new URL('../../lifecycle/src/main.ts', import.meta.url)),
  },
  importEntry: fileURLToPath(new URL('../../lifecycle/src/import-original/main.ts', import.meta.url)),
  nodeFlags: [],
});

process.exit(exitCode);
