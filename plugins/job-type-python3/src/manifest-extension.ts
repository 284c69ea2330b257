import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { parseFlag, parseLimit, parsePythonVersion } from './manifest-scalars.ts';
import { isInsideSource } from './source-path.ts';

/** Matter only where the job becomes a container image. */
const CONTAINER_FIELDS = new Set(['debian_version', 'debian_backports', 'memray_profiler']);

const sourcePath = z
  .string('expected a path, in quotes if it looks like a number')
  .refine(isInsideSource, 'must be a relative path inside the source, without "$"');

/** An identifier of Python (its language reference, 2.3). */
const identifier = z
  .string()
  .regex(/^[\p{ID_Start}_][\p{ID_Continue}]*$/u, 'must be the name of a Python class, without its module');

const absent = z.union([z.literal(''), z.null()]).transform(() => undefined);

const extensionSchema = z.object({
  entrypoint_path: sourcePath,
  entrypoint_class: z.union([absent, identifier]).optional(),
  requirements_path: z.union([absent, sourcePath]).optional(),
  check_requirements: scalar(parseFlag, 'must be true or false').optional(),
  python_version: scalar(parsePythonVersion, 'must be a version such as "3.11", in quotes').optional(),
  home_page: z
    .union([
      absent,
      z
        .string()
        .regex(
          /^\/(?!\/)[^\s$\\]+$/,
          'must be a path of the job that starts with one "/", such as /docs, and not "/" itself',
        ),
    ])
    .optional(),
  max_concurrency: scalar(parseLimit, 'must be a whole number; 0 means unlimited').optional(),
  max_concurrency_queue: scalar(parseLimit, 'must be a whole number; 0 means that no call waits').optional(),
});

/** `jobtype_extra` of a Python job, checked. */
export interface PythonExtension {
  readonly entrypointPath: string;
  /** `undefined`: the only class of the file. */
  readonly entrypointClass: string | undefined;
  readonly requirementsPath: string | undefined;
  /** Whether contradicting requirements fail the build. */
  readonly checkRequirements: boolean;
  /** `3.11`; `undefined`: the host's `python3`. */
  readonly pythonVersion: string | undefined;
  readonly homePage: string | undefined;
  /** Calls at once; `undefined`: unlimited. */
  readonly maxConcurrency: number | undefined;
  /** Calls that may wait; `undefined`: unlimited. */
  readonly maxConcurrencyQueue: number | undefined;
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
  if (!result.success) throw toManifestError(result.error, extra);
  const fields = result.data;
  return {
    entrypointPath: fields.entrypoint_path,
    entrypointClass: fields.entrypoint_class,
    requirementsPath: fields.requirements_path,
    checkRequirements: fields.check_requirements ?? true,
    pythonVersion: fields.python_version,
    homePage: fields.home_page,
    maxConcurrency: fields.max_concurrency === 0 ? undefined : fields.max_concurrency,
    maxConcurrencyQueue: fields.max_concurrency_queue,
    warnings: [...listUnknownFields(extra), ...listUselessFields(fields)],
  };
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
    .filter((name) => !Object.hasOwn(extensionSchema.shape, name))
    .map((name) =>
      CONTAINER_FIELDS.has(name)
        ? `jobtype_extra.${name} has no effect without containers`
        : `jobtype_extra.${name} is not a field of python3 jobs and has no effect`,
    );
}

function listUselessFields(fields: z.infer<typeof extensionSchema>): string[] {
  const isUseless = fields.max_concurrency_queue !== undefined && !fields.max_concurrency;
  return isUseless ? ['jobtype_extra.max_concurrency_queue has no effect without max_concurrency'] : [];
}

function toManifestError(error: z.ZodError, extra: Readonly<Record<string, unknown>>): PlatformError {
  const problems = error.issues.map((issue) => {
    const field = String(issue.path[0] ?? '');
    if (!Object.hasOwn(extra, field)) return `jobtype_extra.${field}: is missing`;
    return `jobtype_extra.${field}: ${lastMessage(issue)}`;
  });
  const unique = [...new Set(problems)].join('; ');
  return new PlatformError('MANIFEST_INVALID', unique, {
    hint: problems.some((problem) => problem.includes('entrypoint_path'))
      ? 'Name the Python file with your class, relative to git.directory: jobtype_extra: {entrypoint_path: adder.py}.'
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
