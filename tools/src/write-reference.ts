import { writeFile } from 'node:fs/promises';
import { renderErrorReference } from './error-reference.ts';
import { renderSdkReference } from './sdk-reference.ts';

const ROOT = new URL('../../', import.meta.url);

/** Writes the reference pages that come from the code. */
await writeFile(new URL('docs/reference/errors.md', ROOT), renderErrorReference());
await writeFile(new URL('docs/reference/plugin-sdk.md', ROOT), await renderSdkReference(ROOT));
