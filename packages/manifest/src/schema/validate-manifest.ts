import {
  presentProblem,
  throwProblems,
  type FieldPath,
  type Place,
  type Problem,
} from '../problems/problem.ts';
import { findBrokenRules } from './check-rules.ts';
import { findDoubts } from './find-doubts.ts';
import { manifestSchema, type Manifest } from './manifest-schema.ts';
import { presentIssues, type Complaint } from './present-issues.ts';

/** Where the fields of a manifest come from, possibly several files. */
export interface Origin {
  placeOf(field: FieldPath): Place;
  /** The value as written, where that is known. */
  textOf(field: FieldPath): string | undefined;
}

/** A manifest that holds all rules. */
export interface ParsedManifest {
  readonly manifest: Manifest;
  /** Sentences for the author, each with its place. */
  readonly warnings: string[];
}

/** Fields of Racetrack 2.36 itself that its clients may send; they say nothing. */
const IGNORED_FIELDS = new Set(['origin_yaml_', 'origin_dict_']);

/**
 * Holds a manifest against all rules and fills in the defaults.
 *
 * @throws PlatformError `MANIFEST_INVALID`, listing every problem at once.
 */
export function validateManifest(data: Readonly<Record<string, unknown>>, origin: Origin): ParsedManifest {
  const { fields, doubts } = normalize(data);
  const result = manifestSchema.safeParse(fields);
  const complaints = [
    ...presentIssues(result.error?.issues ?? [], fields, (field) => origin.textOf(field)),
    ...findBrokenRules(fields),
  ];
  if (!result.success || complaints.length > 0) {
    const problems = complaints.map((complaint) => placeComplaint(complaint, origin));
    return throwProblems(
      'MANIFEST_INVALID',
      problems,
      'All fields are explained in docs/reference/manifest.md.',
    );
  }
  const warnings = [...doubts, ...findDoubts(result.data)];
  return {
    manifest: result.data,
    warnings: warnings.map((complaint) => presentProblem(placeComplaint(complaint, origin))),
  };
}

function placeComplaint({ field, text }: Complaint, origin: Origin): Problem {
  return { place: origin.placeOf(field), field, text };
}

/** Accepts what Racetrack 2.36 accepts in a shape of its own, such as a quoted number of replicas. */
function normalize(data: Readonly<Record<string, unknown>>): {
  fields: Record<string, unknown>;
  doubts: Complaint[];
} {
  const fields = Object.fromEntries(Object.entries(data).filter(([key]) => !IGNORED_FIELDS.has(key)));
  const { replicas } = fields;
  if (typeof replicas !== 'string' || !/^\d{1,3}$/.test(replicas)) return { fields, doubts: [] };
  fields['replicas'] = Number(replicas);
  return { fields, doubts: [{ field: ['replicas'], text: `write ${Number(replicas)} without quotes` }] };
}
