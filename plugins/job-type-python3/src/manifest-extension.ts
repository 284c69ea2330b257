import { PlatformError } from '@racetrack-platform/errors';
import {
  isInsideSource,
  parseFlag,
  parseWrapperOptions,
  WRAPPER_OPTION_FIELDS,
  type WrapperOptions,
} from '@racetrack-platform/plugin-sdk';
import { z } from 'zod';
import { parsePythonVersion } from './manifest-scalars.ts';

const WRAPPER_FIELDS: ReadonlySet<string> = new Set(WRAPPER_OPTION_FIELDS);

/** Matter only where the job becomes a container image. */
const CONTAINER_FIELDS = new Set(['debian_version', 'debian_backports']);

const sourcePath = z
  .string('expected a path, in quotes if it looks like a number')
  .refine(isInsideSource, 'must be a relative path inside the source, without "$"');

/** An identifier of Python (its language reference, 2.3). */
const identifier = z
  .string()
  .regex(/^[\p{ID_Start}_][\p{ID_Continue}]*$/u, 'must be the name of a Python class, without its module');

const absent = z.union([z.literal(''), z.null()]).transform(() => undefined);

/** Ends of names of files that hold a model; the wrapper chooses its reader by them. */
const MODEL_FILE = /\.(?:pkl|pickle|joblib)$/;

const modelPath = sourcePath.regex(MODEL_FILE, 'must end with .pkl, .pickle or .joblib');

/** The tag of the image `python:VERSION-DEBIAN`. */
const debianVersion = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,40}$/, 'must be the end of a tag of the image python, such as slim-bookworm');

const extensionSchema = z.object({
  entrypoint_path: z.union([z.null().transform(() => undefined), sourcePath]).optional(),
  entrypoint_class: z.union([absent, identifier]).optional(),
  requirements_path: z.union([absent, sourcePath]).optional(),
  check_requirements: scalar(parseFlag, 'must be true or false').optional(),
  python_version: scalar(parsePythonVersion, 'must be a version such as "3.11", in quotes').optional(),
  model_path: z.union([absent, modelPath]).optional(),
  memray_profiler: scalar(parseFlag, 'must be true or false').optional(),
  debian_version: z.union([absent, debianVersion]).optional(),
  debian_backports: scalar(parseFlag, 'must be true or false').optional(),
});

/** `jobtype_extra` of a Python job, checked. */
export interface PythonExtension {
  /** `undefined`: the model is all there is. */
  readonly entrypointPath: string | undefined;
  /** `undefined`: the only class of the file. */
  readonly entrypointClass: string | undefined;
  readonly requirementsPath: string | undefined;
  /** Whether contradicting requirements fail the build. */
  readonly checkRequirements: boolean;
  /** `3.11`; `undefined`: the host's `python3`. */
  readonly pythonVersion: string | undefined;
  /** A pickled model, to serve as it is when there is no entrypoint, else for the entrypoint to load. */
  readonly modelPath: string | undefined;
  /** Whether the job records where its memory goes. */
  readonly hasMemoryProfiler: boolean;
  readonly wrapper: WrapperOptions;
  /** For the author, about fields that do nothing. */
  readonly warnings: readonly string[];
}

/**
 * Checks the fields of `jobtype_extra` that Python jobs know.
 *
 * @param extra - of any content; unknown fields become warnings.
 * @throws PlatformError `MANIFEST_INVALID`, listing every problem at once.
 */
export function parseExtension(extra: Readonly<Record<string, unknown>>): PythonExtension {
  const result = extensionSchema.safeParse(extra);
  const { options, problems, warnings } = parseWrapperOptions(extra);
  const missing = listMissing(extra);
  if (!result.success || missing.length + problems.length > 0) {
    throw toManifestError(missing, result.error, problems);
  }
  const fields = result.data;
  return {
    entrypointPath: fields.entrypoint_path,
    entrypointClass: fields.entrypoint_class,
    requirementsPath: fields.requirements_path,
    checkRequirements: fields.check_requirements ?? true,
    pythonVersion: fields.python_version,
    modelPath: fields.model_path,
    hasMemoryProfiler: fields.memray_profiler ?? false,
    wrapper: options,
    warnings: [...listUnknownFields(extra), ...warnings],
  };
}

/** A job needs something to serve. */
function listMissing(extra: Readonly<Record<string, unknown>>): string[] {
  if (extra['entrypoint_path'] != null || (extra['model_path'] != null && extra['model_path'] !== ''))
    return [];
  return ['jobtype_extra.entrypoint_path: is missing'];
}

function scalar<Value>(parse: (value: unknown) => Value | undefined | 'invalid', problem: string) {
  return z.unknown().transform((value, context) => {
    const parsed = parse(value);
    if (parsed !== 'invalid') return parsed;
    context.addIssue({ code: 'custom', message: problem, input: value });
    return z.NEVER;
  });
}

function listUnknownFields(extra: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(extra)
    .filter((name) => CONTAINER_FIELDS.has(name) || !isField(name))
    .map((name) =>
      CONTAINER_FIELDS.has(name)
        ? `jobtype_extra.${name} has no effect without containers`
        : `jobtype_extra.${name} is not a field of python3 jobs and has no effect`,
    );
}

function isField(name: string): boolean {
  return Object.hasOwn(extensionSchema.shape, name) || WRAPPER_FIELDS.has(name);
}

function toManifestError(
  missing: readonly string[],
  error: z.ZodError | undefined,
  wrapperProblems: readonly string[],
): PlatformError {
  const problems = (error?.issues ?? []).map((issue) => {
    const field = String(issue.path[0] ?? '');
    return `jobtype_extra.${field}: ${lastMessage(issue)}`;
  });
  const unique = [...new Set([...missing, ...problems, ...wrapperProblems])];
  return new PlatformError('MANIFEST_INVALID', unique.join('; '), {
    hint: unique.some((problem) => problem.includes('entrypoint_path'))
      ? 'Name the Python file with your class, relative to git.directory: jobtype_extra: {entrypoint_path: adder.py}; or a model alone as model_path.'
      : 'Correct the fields in job.yaml.',
    cause: error,
  });
}

/** The message of the last alternative of a union: the one that takes a value rather than its absence. */
function lastMessage(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return issue.message;
  const nested = issue.errors.at(-1)?.[0];
  return nested === undefined ? issue.message : lastMessage(nested);
}
