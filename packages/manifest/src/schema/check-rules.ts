import { findQuantity } from '../quantities/parse-quantity.ts';
import { quote } from '../problems/problem.ts';
import { VARIABLE_NAME } from './patterns.ts';
import type { Complaint } from './present-issues.ts';
import { RESERVED_RUNTIME_NAMES } from './reserved-names.ts';

/** The field for settings of the job type, and its old names in the order in which they count. */
export const EXTRA_FIELDS = ['jobtype_extra', 'golang', 'python', 'wrapper_properties'] as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Finds what breaks the rules that span several fields or that no schema can say well.
 *
 * @param fields - a manifest that may be wrong in other ways too; what has a wrong type is passed over here.
 */
export function findBrokenRules(fields: Fields): Complaint[] {
  return [
    ...checkJobType(fields),
    ...checkExtras(fields),
    ...checkVariables('build_env', fields['build_env'], []),
    ...checkVariables('runtime_env', fields['runtime_env'], RESERVED_RUNTIME_NAMES),
    ...checkRange('memory', fields['resources']),
    ...checkRange('cpu', fields['resources']),
  ];
}

function checkJobType(fields: Fields): Complaint[] {
  const hasJobType = isSet(fields['jobtype']);
  const hasLang = isSet(fields['lang']);
  if (hasJobType && hasLang) {
    return [{ field: ['lang'], text: 'says the same as jobtype; keep jobtype and remove this line' }];
  }
  if (hasJobType || hasLang) return [];
  return [
    { field: ['jobtype'], text: 'is missing; write a job type and its version, such as python3:latest' },
  ];
}

function checkExtras(fields: Fields): Complaint[] {
  const [kept, ...doubled] = EXTRA_FIELDS.filter((name) => isSet(fields[name]));
  return doubled.map((name) => ({
    field: [name],
    text: `says the same as ${kept}; keep one of them, best jobtype_extra, and move all settings there`,
  }));
}

function checkVariables(section: string, variables: unknown, reserved: readonly string[]): Complaint[] {
  if (!isMapping(variables)) return [];
  return Object.keys(variables).flatMap((name): Complaint[] => {
    if (!VARIABLE_NAME.test(name)) {
      const right = 'write letters, digits and "_", the first no digit, such as LOG_LEVEL';
      return [{ field: [section, name], text: `${quote(name)} is not a name of a variable; ${right}` }];
    }
    if (!reserved.includes(name)) return [];
    const text = `${name} is set by the platform itself; choose another name (reserved are ${reserved.join(', ')})`;
    return [{ field: [section, name], text }];
  });
}

/** Zero means the same as nothing, as in Racetrack 2.36. */
function checkRange(kind: 'memory' | 'cpu', resources: unknown): Complaint[] {
  if (!isMapping(resources)) return [];
  const min = amountOf(resources[`${kind}_min`]);
  const max = amountOf(resources[`${kind}_max`]);
  if (min === undefined || max === undefined || min.value <= max.value || max.value === 0) return [];
  const text = `${min.text} is more than ${kind}_max, which is ${max.text}; lower it or raise ${kind}_max`;
  return [{ field: ['resources', `${kind}_min`], text }];
}

function amountOf(quantity: unknown): { readonly value: number; readonly text: string } | undefined {
  if (typeof quantity !== 'string' && typeof quantity !== 'number') return undefined;
  const text = String(quantity);
  const value = findQuantity(text);
  return value === undefined ? undefined : { value, text };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
