import type { z } from 'zod';
import type { RecordValue } from '@racetrack-platform/contracts';
import type { StoredRecord } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';

export type Fields = Readonly<Record<string, RecordValue>>;

/** Who changes a record, from where. */
export interface RecordEditor {
  readonly subject: AuthenticatedSubject;
  readonly address: string;
}

/**
 * What may be done with the records of one table. What is left out would break what the platform promises, and is
 * refused with the hint; everything else is the same operation as elsewhere, with feed and audit.
 */
export interface RecordWriter {
  /** How the same is done elsewhere, for refusals. */
  readonly hint: string;
  /** Answers the key of the new record. */
  readonly create?: (fields: Fields, editor: RecordEditor) => Promise<string>;
  /** @param fields - those that are to change. */
  readonly update?: (record: StoredRecord, fields: Fields, editor: RecordEditor) => Promise<void>;
  readonly delete?: (record: StoredRecord, editor: RecordEditor) => Promise<void>;
}

/**
 * Reads the fields of a change.
 *
 * @param schema - of those that can be set; others are refused.
 * @throws PlatformError `BAD_REQUEST`, naming what can be set.
 */
export function readFields<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  fields: Fields,
): z.output<z.ZodObject<Shape>> {
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => [...path.map(String), message].join(': '));
  throw new PlatformError('BAD_REQUEST', problems.join('; '), {
    hint: `What can be set here: ${Object.keys(schema.shape).join(', ')}.`,
  });
}

/** A stored text of a record, empty where there is none. */
export function textOf(record: StoredRecord, column: string): string {
  const value = record[column] ?? '';
  return String(value);
}
