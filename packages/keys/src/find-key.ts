import { join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { readKeyFile } from './key-file.ts';
import { checkValue, type KeyKind } from './key-kind.ts';

export interface FindKeyOptions {
  readonly dataDir: string;
  /** The key given from outside; undefined: only the file is looked for. */
  readonly given: string | undefined;
  /** The check value that the store keeps; undefined for a store that has not been in use. */
  readonly expected: string | undefined;
}

/** Where the successor of a key lies while the key is being replaced. */
export function nextKeyPath(dataDir: string, kind: KeyKind): string {
  return `${keyPath(dataDir, kind)}.next`;
}

/**
 * The successor of a key, when the store has it already, but not the key's file: replacing the key was interrupted
 * between the two.
 *
 * @throws PlatformError `CONFIG_INVALID` when its file is open to others.
 */
export async function findSuccessor(
  kind: KeyKind,
  { dataDir, expected }: Pick<FindKeyOptions, 'dataDir' | 'expected'>,
): Promise<string | undefined> {
  if (expected === undefined) return undefined;
  const next = await readKeyFile(nextKeyPath(dataDir, kind));
  return next !== undefined && checkValue(kind, next) === expected ? next : undefined;
}

/** Where a key lies below the data directory. */
export function keyPath(dataDir: string, kind: KeyKind): string {
  return join(dataDir, 'keys', `${kind.name}.key`);
}

/**
 * Finds one key, in the environment or in its file, and makes sure that it is the one of this store.
 *
 * @returns undefined when there is none, and the store has none either.
 * @throws PlatformError `KEY_MISMATCH` when it is missing or wrong beside a store that has been in use, or when file and
 *   environment disagree.
 * @throws PlatformError `CONFIG_INVALID` when it is malformed, or its file open to others.
 */
export async function findKey(kind: KeyKind, options: FindKeyOptions): Promise<string | undefined> {
  const path = keyPath(options.dataDir, kind);
  const given = options.given?.trim();
  const inFile = (await findSuccessor(kind, options)) ?? (await readKeyFile(path));
  if (given !== undefined && inFile !== undefined && given !== inFile) {
    throw disagree(kind, path, whichFits(kind, options.expected, given, inFile));
  }
  const found = given ?? inFile;
  const source = given === undefined ? path : kind.variable;
  if (found === undefined) {
    if (options.expected === undefined) return undefined;
    throw mismatch(kind, `the key ${path} of this store is missing`);
  }
  if (options.expected !== undefined && checkValue(kind, found) !== options.expected) {
    throw mismatch(kind, `the key in ${source} is not the key of this store`);
  }
  if (!kind.pattern.test(found)) {
    throw new PlatformError('CONFIG_INVALID', `the key in ${source} has to be ${kind.rule}`, {
      hint: 'Correct it; for a new store, leave it out and one is made.',
    });
  }
  return found;
}

function whichFits(
  kind: KeyKind,
  expected: string | undefined,
  given: string,
  inFile: string,
): 'environment' | 'file' | 'neither' {
  if (expected !== undefined && checkValue(kind, given) === expected) return 'environment';
  return expected !== undefined && checkValue(kind, inFile) === expected ? 'file' : 'neither';
}

function disagree(kind: KeyKind, path: string, fits: 'environment' | 'file' | 'neither'): PlatformError {
  const hints = {
    environment: `The one in ${kind.variable} fits the store: move the file away.`,
    file: `The one in the file fits the store: leave out ${kind.variable}.`,
    neither: `Decide which one is meant, and take the other away.`,
  };
  return new PlatformError('KEY_MISMATCH', `${kind.variable} and ${path} hold different keys`, {
    hint: hints[fits],
  });
}

function mismatch(kind: KeyKind, message: string): PlatformError {
  return new PlatformError('KEY_MISMATCH', message, {
    hint: `Restore the file from a backup, or pass the key in ${kind.variable}. Without it the store cannot be used.`,
  });
}
