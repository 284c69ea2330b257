import type { Operation } from './list-operations.ts';
import { makeBody } from './operation-things.ts';

/** A body as it goes over the wire. */
export interface HostileBody {
  readonly what: string;
  readonly text: string | Uint8Array<ArrayBuffer>;
  /** Empty: none is sent. @defaultValue application/json */
  readonly type?: string;
}

/** What somebody puts where a name, an id or a number is meant. */
const TEXTS = {
  nothing: '',
  'a NUL': 'a\0b',
  'half a character': '\ud800',
  'what ends an SQL text': `' or 1=1; drop table "user"; --`,
  'a tag, a template, a way up, a head': '<script>${{7*7}}</script>/../../etc/passwd\r\nX-Evil: 1',
  'far too much': 'x'.repeat(70_000),
};

const OTHER_VALUES = {
  null: null,
  'a negative number': -1,
  'more than 64 bits': 2 ** 63,
  'a list': [[]],
  'an object': { __proto__: null, constructor: { prototype: 1 } },
};

const DEPTH = 500;
/** Bytes; a route without a limit of its own takes one megabyte. */
const TOO_LARGE = 2_000_000;

/** A good body with one thing wrong with it, for everything that can be wrong. */
export function* spoilBodies(operation: Operation): Generator<HostileBody> {
  const good = makeBody(operation);
  if (good === undefined) return;
  for (const field of Object.keys(operation.body?.properties ?? {})) {
    for (const [what, value] of Object.entries({ ...TEXTS, ...OTHER_VALUES })) {
      yield { what: `${field}: ${what}`, text: JSON.stringify({ ...toObject(good), [field]: value }) };
    }
  }
  const text = JSON.stringify(good);
  yield { what: 'no body', text: '' };
  yield { what: 'neither body nor label', text: '', type: '' };
  yield { what: 'no JSON', text: '{"a":' };
  yield { what: 'another label', text, type: 'application/x-www-form-urlencoded' };
  yield { what: 'a label that is none', text, type: 'a/b; charset="' };
  yield { what: 'no text at all', text: new Uint8Array([0xff, 0xfe, 0x00]) };
  yield { what: 'a list', text: `[${text}]` };
  yield { what: 'a text', text: '"x"' };
  yield { what: 'a number', text: '7' };
  yield { what: 'null', text: 'null' };
  yield { what: 'an unknown field', text: JSON.stringify({ ...toObject(good), no_such_field: {} }) };
  yield {
    what: 'a poisoned prototype',
    text: '{"__proto__":{"isStaff":true},"constructor":{"prototype":{}}}',
  };
  yield { what: 'far too deep', text: `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}` };
  yield {
    what: 'far too large',
    text: JSON.stringify({ ...toObject(good), padding: 'x'.repeat(TOO_LARGE) }),
  };
}

const encode = (name: keyof typeof TEXTS): string => encodeURIComponent(TEXTS[name].toWellFormed());

/** Parts of a path, as they stand in it. */
export const HOSTILE_PARTS: readonly string[] = [
  encode('a NUL'),
  encode('what ends an SQL text'),
  encode('a tag, a template, a way up, a head'),
  '%ff',
  '%2e%2e%2f%2e%2e',
  '99999999999999999999',
  'x'.repeat(3_000),
];

/** Values in a query, as they stand in it. */
export const HOSTILE_QUERY_VALUES: readonly string[] = [
  '',
  encode('a NUL'),
  encode('what ends an SQL text'),
  '%ff',
  '-1',
  '1e99',
];

function toObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
