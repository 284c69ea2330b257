import { PlatformError } from '@racetrack-platform/errors';
import {
  isInsideSource,
  parseWrapperOptions,
  WRAPPER_OPTION_FIELDS,
  type WrapperOptions,
} from '@racetrack-platform/plugin-sdk';
import { z } from 'zod';

const WRAPPER_FIELDS: ReadonlySet<string> = new Set(WRAPPER_OPTION_FIELDS);
const MAX_WORKERS = 64;

const absent = z.union([z.literal(''), z.null()]).transform(() => undefined);

const sourcePath = z
  .string('expected a path')
  .refine(isInsideSource, 'must be a relative path inside the source, without "$"');

const extensionSchema = z.object({
  entrypoint_path: sourcePath.regex(/\.(?:[cm]?js|m?ts)$/, 'must end in .js, .mjs, .cjs, .ts or .mts'),
  entrypoint_class: z
    .union([
      absent,
      z.string().regex(/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u, 'must be the name of an exported class'),
    ])
    .optional(),
  dependencies_path: z
    .union([
      absent,
      sourcePath.regex(/(?:^|\/)package(?:-lock)?\.json$/, 'must be a package-lock.json or a package.json'),
    ])
    .optional(),
  node_version: z
    .union([absent, z.coerce.string().regex(/^\d+(?:\.\d+){0,2}$/, 'must be a version such as "24"')])
    .optional(),
  workers: z
    .union([
      absent,
      z.coerce.number().int('must be a whole number').min(1, 'must be at least 1').max(MAX_WORKERS),
    ])
    .optional(),
});

/** `jobtype_extra` of a Node job, checked. */
export interface NodeExtension {
  readonly entrypointPath: string;
  /** `undefined`: the default export, or the only one that fits. */
  readonly entrypointClass: string | undefined;
  /** `package-lock.json` or `package.json`; `undefined`: the job needs no packages. */
  readonly dependenciesPath: string | undefined;
  /** `24` or `24.3`; `undefined`: the platform's own. */
  readonly nodeVersion: string | undefined;
  /** Threads that run the job's code. */
  readonly workers: number;
  readonly wrapper: WrapperOptions;
  /** For the author, about fields that do nothing. */
  readonly warnings: readonly string[];
}

/**
 * Checks the fields of `jobtype_extra` that Node jobs know.
 *
 * @param extra - of any content; unknown fields become warnings.
 * @throws PlatformError `MANIFEST_INVALID`, listing every problem at once.
 */
export function parseExtension(extra: Readonly<Record<string, unknown>>): NodeExtension {
  const result = extensionSchema.safeParse(extra);
  const { options, problems, warnings } = parseWrapperOptions(extra);
  if (!result.success || problems.length > 0) throw toManifestError(result.error, problems, extra);
  const fields = result.data;
  return {
    entrypointPath: fields.entrypoint_path,
    entrypointClass: fields.entrypoint_class,
    dependenciesPath: fields.dependencies_path,
    nodeVersion: fields.node_version,
    workers: fields.workers ?? 1,
    wrapper: options,
    warnings: [...listUnknownFields(extra), ...warnings],
  };
}

function listUnknownFields(extra: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(extra)
    .filter((name) => !Object.hasOwn(extensionSchema.shape, name) && !WRAPPER_FIELDS.has(name))
    .map((name) => `jobtype_extra.${name} is not a field of node jobs and has no effect`);
}

function toManifestError(
  error: z.ZodError | undefined,
  wrapperProblems: readonly string[],
  extra: Readonly<Record<string, unknown>>,
): PlatformError {
  const problems = (error?.issues ?? []).map((issue) => {
    const field = String(issue.path[0] ?? '');
    if (!Object.hasOwn(extra, field)) return `jobtype_extra.${field}: is missing`;
    return `jobtype_extra.${field}: ${lastMessage(issue)}`;
  });
  return new PlatformError('MANIFEST_INVALID', [...new Set([...problems, ...wrapperProblems])].join('; '), {
    hint: problems.some((problem) => problem.includes('entrypoint_path'))
      ? 'Name the JavaScript or TypeScript file of your job, relative to git.directory: jobtype_extra: {entrypoint_path: adder.js}.'
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
