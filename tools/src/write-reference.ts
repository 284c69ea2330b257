import { writeFile } from 'node:fs/promises';
import { renderErrorReference } from './error-reference.ts';

/** Writes the reference pages that come from the code. */
await writeFile(new URL('../../docs/reference/errors.md', import.meta.url), renderErrorReference());
