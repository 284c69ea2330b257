import { describe, expect, test } from 'vitest';
import { getExpectation } from './expectations.ts';
import { manifestJsonSchema } from './json-schema.ts';
import { KNOWN_FIELDS } from './manifest-schema.ts';

interface Described {
  readonly description?: string;
  readonly properties?: Record<string, Described>;
}

function listFields(schema: Described, prefix = ''): [string, Described][] {
  const fields = Object.entries(schema.properties ?? {});
  const here = fields.map(([name, field]): [string, Described] => [`${prefix}${name}`, field]);
  return [...here, ...fields.flatMap(([name, field]) => listFields(field, `${prefix}${name}.`))];
}

describe('manifestJsonSchema', () => {
  test('describes every field', () => {
    const fields = listFields(manifestJsonSchema()).filter(([name]) => name !== 'docker.dockerfile_path');

    expect(fields.filter(([, { description }]) => description === undefined)).toEqual([]);
    expect(fields).toHaveLength(Object.values(KNOWN_FIELDS).flat().length);
  });

  test('asks for the required fields only where no base manifest is named', () => {
    expect(manifestJsonSchema()).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      if: { required: ['extends'] },
      else: { required: ['name', 'owner_email', 'git'], properties: { git: { required: ['remote'] } } },
    });
  });
});

describe('getExpectation', () => {
  test('has words for every field', () => {
    const fields = Object.entries(KNOWN_FIELDS).flatMap(([section, names]) =>
      names.map((name) => (section === '' ? [name] : [section, name])),
    );
    const missing = getExpectation(['no such field']);

    expect(fields.filter((field) => getExpectation(field) === missing)).toEqual([]);
  });
});
