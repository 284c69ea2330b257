import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { manifestJsonSchema } from './json-schema.ts';
import { KNOWN_FIELDS } from './manifest-schema.ts';

const reference = new URL('../../../../docs/reference/', import.meta.url);

describe('the reference of the manifest', () => {
  test('job.schema.json is what manifestJsonSchema answers (renew it by npm run write-schema)', async () => {
    const published: unknown = JSON.parse(await readFile(new URL('job.schema.json', reference), 'utf8'));

    expect(published).toEqual(manifestJsonSchema());
  });

  test('manifest.md explains every field', async () => {
    const page = await readFile(new URL('manifest.md', reference), 'utf8');

    const names = Object.entries(KNOWN_FIELDS).flatMap(([section, fields]) =>
      fields.map((field) => (section === '' ? field : `${section}.${field}`)),
    );
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
