import { writeFile } from 'node:fs/promises';
import { manifestJsonSchema } from './schema/json-schema.ts';

/** Run with node to renew `docs/reference/job.schema.json`; a test compares the two. */
const file = new URL('../../../docs/reference/job.schema.json', import.meta.url);
await writeFile(file, `${JSON.stringify(manifestJsonSchema(), undefined, 2)}\n`);
