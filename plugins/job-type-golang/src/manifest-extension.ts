import { PlatformError } from '@racetrack-platform/errors';
import {
  isInsideSource,
  parseFlag,
  parseWrapperOptions,
  WRAPPER_OPTION_FIELDS,
  type ParsedScalar,
  type WrapperOptions,
} from '@racetrack-platform/plugin-sdk';

const KNOWN_FIELDS: ReadonlySet<string> = new Set([...WRAPPER_OPTION_FIELDS, 'gomod', 'cgo', 'go_version']);

/** `jobtype_extra` of a Go job, checked. */
export interface GoExtension {
  /** A file of modules to fetch before the job is compiled; `undefined`: none. */
  readonly gomod: string | undefined;
  /** Whether C code is compiled. */
  readonly usesCgo: boolean;
  readonly wrapper: WrapperOptions;
  /** For the author, about fields that do nothing. */
  readonly warnings: readonly string[];
}

/**
 * Checks the fields of `jobtype_extra` that Go jobs know.
 *
 * @param extra - of any content; unknown fields become warnings.
 * @throws PlatformError `MANIFEST_INVALID`, listing every problem at once.
 */
export function parseExtension(extra: Readonly<Record<string, unknown>>): GoExtension {
  const { options, problems: wrapperProblems, warnings } = parseWrapperOptions(extra);
  const problems = [...wrapperProblems];
  const gomod = parseGoMod(extra['gomod'] ?? null);
  if (gomod === 'invalid') {
    problems.push('jobtype_extra.gomod: must be the relative path of a file such as go.mod, without "$"');
  }
  const usesCgo = parseFlag(extra['cgo'] ?? null);
  if (usesCgo === 'invalid') problems.push('jobtype_extra.cgo: must be true or false');
  if (!isVersion(extra['go_version'] ?? null)) {
    problems.push('jobtype_extra.go_version: must be a version such as "1.24", in quotes');
  }
  if (problems.length > 0) {
    throw new PlatformError('MANIFEST_INVALID', problems.join('; '), {
      hint: 'Correct the fields in job.yaml.',
    });
  }
  return {
    gomod: gomod === 'invalid' ? undefined : gomod,
    usesCgo: usesCgo === true,
    wrapper: options,
    warnings: [...listUseless(extra), ...warnings],
  };
}

function parseGoMod(value: unknown): ParsedScalar<string> {
  if (value === null || value === '') return undefined;
  const isPath = typeof value === 'string' && isInsideSource(value) && value.endsWith('.mod');
  return isPath && !value.startsWith('-') ? value : 'invalid';
}

function isVersion(value: unknown): boolean {
  if (value === null || value === '') return true;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return /^1\.\d{1,3}(\.\d{1,3})?$/.test(text);
}

function listUseless(extra: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(extra).flatMap((name) => {
    if (name === 'go_version') return ['jobtype_extra.go_version has no effect without containers'];
    return KNOWN_FIELDS.has(name)
      ? []
      : [`jobtype_extra.${name} is not a field of golang jobs and has no effect`];
  });
}
