import { Document, visit, type ScalarTag } from 'yaml';
import { needsQuotes } from './resolve-plain-scalar.ts';

/** The parts of a manifest in which an unset field says nothing. */
const SECTIONS = new Set(['git', 'resources']);

/** Writes large and tiny numbers so that they stay numbers in YAML 1.1, where `1e+21` is a text. */
const EXPONENT_TAG: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  identify: (value) => typeof value === 'number' && /^-?\d+e/.test(String(value)),
  default: true,
  // Never read with; but among several tags for a number, the writer prefers those that have a test.
  test: /(?!)/,
  resolve: Number,
  stringify: ({ value }) => String(value).replace('e', '.0e'),
};

/** What YAML 1.1 takes for a line end or refuses, and other readers keep (yaml.org/spec/1.1, 5.1 and 5.4). */
// oxlint-disable-next-line no-control-regex -- finding them is the point
const ESCAPED_CHARACTERS = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]|\p{Cs}/gu;

export interface DumpOptions {
  /** Orders the keys of all mappings by their text. @defaultValue false */
  readonly sortKeys?: boolean | undefined;
}

/**
 * Writes a manifest as YAML that readers of 1.1 and of 1.2 take alike. Fields without a value are left out.
 *
 * @param data - a manifest, or what is submitted as one; plain data.
 */
export function dumpManifestYaml(data: object, options: DumpOptions = {}): string {
  const document = new Document(dropUnset(data), {
    version: '1.2',
    sortMapEntries: options.sortKeys ?? false,
    aliasDuplicateObjects: false,
    customTags: (tags) => [EXPONENT_TAG, ...tags],
  });
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string') return;
      if (needsQuotes(node.value)) node.type = 'QUOTE_SINGLE';
      if (node.value.search(ESCAPED_CHARACTERS) !== -1) node.type = 'QUOTE_DOUBLE';
    },
  });
  const yaml = document.toString({ lineWidth: 0, indentSeq: false, singleQuote: true });
  // They stand in double quotes only, where an escape means the same.
  return yaml.replace(ESCAPED_CHARACTERS, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function dropUnset(data: object): Record<string, unknown> {
  const kept = Object.entries(data).flatMap(([key, value]): [string, unknown][] => {
    if (value === null || value === undefined) return [];
    if (!SECTIONS.has(key) || typeof value !== 'object' || Array.isArray(value)) return [[key, value]];
    const section = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
    return section.length === 0 ? [] : [[key, Object.fromEntries(section)]];
  });
  return Object.fromEntries(kept);
}
