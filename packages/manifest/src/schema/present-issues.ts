import type { z } from 'zod';
import { quote, type FieldPath } from '../problems/problem.ts';
import { suggestWord } from '@racetrack-platform/errors';
import { getExpectation } from './expectations.ts';
import { KNOWN_FIELDS } from './manifest-schema.ts';

/** One complaint about one field. */
export interface Complaint {
  readonly field: FieldPath;
  readonly text: string;
}

/** A wrong value may be of any length; advice looks at its beginning. */
const MAX_EXAMINED_CHARACTERS = 300;

/** Fields that newcomers look for under other names. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  email: 'owner_email',
  owner: 'owner_email',
  job_type: 'jobtype',
  language: 'lang',
  env: 'runtime_env',
  environment: 'runtime_env',
  memory: 'resources.memory_max',
  cpu: 'resources.cpu_max',
  repository: 'git.remote',
  url: 'git.remote',
  requirements: 'jobtype_extra.requirements_path',
  requirements_path: 'jobtype_extra.requirements_path',
  entrypoint: 'jobtype_extra.entrypoint_path',
  entrypoint_path: 'jobtype_extra.entrypoint_path',
  entrypoint_class: 'jobtype_extra.entrypoint_class',
  python_version: 'jobtype_extra.python_version',
  target: 'infrastructure_target',
};

/**
 * Turns what the schema found into sentences: one for each field, with what was written and what would be right.
 *
 * @param issues - of one validation.
 * @param data - what was validated.
 * @param textOf - a value as its author wrote it, where that is known.
 */
export function presentIssues(
  issues: readonly z.core.$ZodIssue[],
  data: unknown,
  textOf: (field: FieldPath) => string | undefined,
): Complaint[] {
  const complaints = new Map<string, Complaint>();
  for (const issue of issues) {
    const field = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    const found =
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ field: [...field, key], text: explainUnknown(field, key) }))
        : [{ field, text: explainValue(field, valueAt(data, field), textOf(field)) }];
    for (const complaint of found) {
      const key = JSON.stringify(complaint.field);
      if (!complaints.has(key)) complaints.set(key, complaint);
    }
  }
  return [...complaints.values()];
}

function explainUnknown(section: FieldPath, key: string): string {
  const known = KNOWN_FIELDS[section.join('.')] ?? [];
  const what = section.length === 0 ? 'is no field of a manifest' : `is no field of ${section.join('.')}`;
  const meant = suggestWord(key, known) ?? findElsewhere(section, key);
  if (meant !== undefined) return `${what}; did you mean ${meant}?`;
  return `${what}; known are ${known.join(', ')}`;
}

function findElsewhere(section: FieldPath, key: string): string | undefined {
  for (const [name, fields] of Object.entries(KNOWN_FIELDS)) {
    if (name !== section.join('.') && fields.includes(key)) {
      return name === '' ? `${key} at the top level` : `${name}.${key}`;
    }
  }
  return Object.hasOwn(OTHER_NAMES, key) ? OTHER_NAMES[key] : undefined;
}

function explainValue(field: FieldPath, value: unknown, written: string | undefined): string {
  const { noun, fix, isPrivate = false } = getExpectation(field);
  const text = (written ?? textOfScalar(value)).slice(0, MAX_EXAMINED_CHARACTERS);
  const advice = typeof fix === 'function' ? fix(text) : fix;
  if (value === undefined) return `is missing; ${advice}`;
  if (value === null) return `has no value; ${advice}`;
  if (isPrivate) return `${explainPrivate(value)}; ${advice}`;
  if (typeof value === 'string') return `${quote(value)} is not ${noun}; ${advice}`;
  if (typeof value === 'object')
    return `${Array.isArray(value) ? 'a list' : 'a mapping'} is not ${noun}; ${advice}`;
  const shown = text.slice(0, 60);
  if (field[0] === 'replicas' || field[0] === 'resources') return `${shown} is not ${noun}; ${advice}`;
  const kind = typeof value === 'boolean' ? 'a boolean' : 'a number';
  const quoted = advice.replace(/^write (?=\d)(.*)$/, 'write "$1"');
  return `${shown} without quotes is ${kind}, not ${noun}; ${quoted}`;
}

function textOfScalar(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}

function explainPrivate(value: unknown): string {
  if (typeof value === 'string') return 'holds a NUL character';
  if (typeof value === 'object') return `is a ${Array.isArray(value) ? 'list' : 'mapping'}, not a text`;
  return `is a ${typeof value}, not a text`;
}

function valueAt(data: unknown, field: FieldPath): unknown {
  let value = data;
  for (const part of field) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}
