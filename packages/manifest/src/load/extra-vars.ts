import { PlatformError } from '@racetrack-platform/errors';
import type { FieldPath } from '../problems/problem.ts';
import { quote } from '../problems/problem.ts';
import { isTextField } from '../schema/expectations.ts';
import { readYaml } from '../yaml/read-yaml.ts';
import { isMapping } from './merge-manifests.ts';

/** One override of a manifest's field from the command line. */
export interface ExtraVar {
  readonly key: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

const MAX_PATH_LENGTH = 20;
const HINT = 'Write -e KEY=VALUE with a dotted key, such as -e runtime_env.LOG_LEVEL=debug.';

/**
 * Reads one `KEY=VALUE` argument. The first `=` divides; the value is YAML, but fields that take a text get
 * the text as it stands, so that `version=1.10` and `runtime_env.PORT=8080` need no quotes within quotes.
 *
 * @throws PlatformError `USAGE` for what has no key, or `MANIFEST_INVALID` for a value that is not YAML.
 */
export function parseExtraVar(argument: string): ExtraVar {
  const divider = argument.indexOf('=');
  if (divider === -1) refuse(`extra var ${quote(argument)} has no "="`);
  const key = argument.slice(0, divider).trim();
  const path = key.split('.');
  if (path.length > MAX_PATH_LENGTH || path.some((part) => part === '' || part === '__proto__')) {
    refuse(`extra var ${quote(key)} is not a dotted key`);
  }
  if (path[0] === 'extends') {
    refuse(
      'extra var "extends" cannot be set: base manifests are read before',
      'Name another manifest file.',
    );
  }
  return { key, path, value: parseValue(argument.slice(divider + 1), key, path) };
}

function parseValue(text: string, key: string, path: FieldPath): unknown {
  const isVariable = path[0] === 'build_env' || path[0] === 'runtime_env';
  if (text.trim() === '') return isVariable ? '' : null;
  const document = readYaml(text, `extra var ${key}`);
  const isNumberOrBoolean = typeof document.value === 'number' || typeof document.value === 'boolean';
  return isNumberOrBoolean && isTextField(path) ? document.findSpot([])?.text : document.value;
}

/**
 * Sets a field of a manifest, in place. Missing parents are made; a number names an item of a list, the number
 * after the last one adds an item.
 *
 * @throws PlatformError `USAGE` when a parent is neither mapping nor list.
 */
export function applyExtraVar(data: Record<string, unknown>, { key, path, value }: ExtraVar): void {
  let parent: Record<string, unknown> | unknown[] = data;
  for (const [index, part] of path.entries()) {
    const slot = slotOf(parent, part, key);
    if (index === path.length - 1) {
      Reflect.set(parent, slot, value);
      return;
    }
    let child: unknown = Object.hasOwn(parent, slot) ? Reflect.get(parent, slot) : undefined;
    if (child === undefined || child === null) {
      child = {};
      Reflect.set(parent, slot, child);
    }
    if (!isMapping(child) && !Array.isArray(child)) {
      refuse(
        `extra var ${quote(key)} goes into ${path.slice(0, index + 1).join('.')}, which is a single value`,
      );
    }
    parent = child;
  }
}

function slotOf(parent: Record<string, unknown> | unknown[], part: string, key: string): string | number {
  if (!Array.isArray(parent)) return part;
  const index = /^\d{1,6}$/.test(part) ? Number(part) : -1;
  if (index >= 0 && index <= parent.length) return index;
  return refuse(`extra var ${quote(key)} names the item ${quote(part)} of a list of ${parent.length}`);
}

function refuse(message: string, hint = HINT): never {
  throw new PlatformError('USAGE', message, { hint });
}
