import { parseVersion } from '@racetrack-platform/manifest';
import { validRange } from 'semver';
import { z } from 'zod';

/** Name of the manifest, at the root of a plugin's folder and archive. */
export const PLUGIN_MANIFEST_FILE = 'plugin-manifest.yaml';

/** Longest name and version: they become part of paths and addresses. */
const MAX_NAME_LENGTH = 64;
const MAX_VERSION_LENGTH = 100;
const MAX_TEXT_LENGTH = 500;
const MAX_COMPONENTS = 20;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** Parts of the API's addresses, where a plugin of this name would be taken for something else. */
const RESERVED_NAMES = new Set(['all', 'upload', 'tree', 'job_type', 'infrastructure_targets']);
const VERSION_CHARACTERS = /^[0-9A-Za-z.+_-]+$/;

/** Whether a text may name a plugin: safe as part of a path, a file name and an address. */
export function isPluginName(text: string): boolean {
  return (
    text.length <= MAX_NAME_LENGTH && NAME.test(text) && !text.endsWith('.') && !RESERVED_NAMES.has(text)
  );
}

/** Whether a text may be a plugin's version: `X.Y.Z` and any label, as Racetrack 2.36 sorts them, without path separators. */
export function isPluginVersion(text: string): boolean {
  return (
    text.length <= MAX_VERSION_LENGTH && VERSION_CHARACTERS.test(text) && parseVersion(text) !== undefined
  );
}

const shortText = z.string().max(MAX_TEXT_LENGTH);

/** Fields of Racetrack 2.36 under the same names, and `racetrack`, which is ours. */
export const pluginManifestSchema = z.strictObject({
  name: z.string().refine(isPluginName),
  version: z.string().refine(isPluginVersion),
  build_date: shortText.nullish().transform((value) => value ?? null),
  url: shortText.nullish().transform((value) => value ?? null),
  priority: z
    .int()
    .nullish()
    .transform((value) => value ?? 0),
  category: shortText.nullish().transform((value) => value ?? null),
  components: z
    .array(shortText)
    .max(MAX_COMPONENTS)
    .nullish()
    .transform((value) => value ?? []),
  racetrack: shortText
    .refine((value) => value.trim() !== '' && validRange(value) !== null)
    .nullish()
    .transform((value) => value ?? null),
});

/** Who a plugin is; every field checked, defaults filled in. */
export type PluginManifest = z.output<typeof pluginManifestSchema>;

/** What a field has to be, and an example; both read after the field's name. */
interface Expectation {
  readonly noun: string;
  readonly advice: string;
}

/** Of every field, in the order of the reference. */
export const EXPECTATIONS: Readonly<Record<keyof PluginManifest, Expectation>> = {
  name: {
    noun: 'a name for a plugin',
    advice: `use at most ${MAX_NAME_LENGTH} letters, digits, -, _ and ., the first a letter or a digit, the last no dot, and none of ${[...RESERVED_NAMES].join(', ')}`,
  },
  version: {
    noun: "a version of the format 'X.Y.Z[-label]'",
    advice: 'write three numbers in quotes, such as version: "1.0.0"',
  },
  build_date: { noun: 'a text', advice: 'leave it out: racetrack plugin bundle writes it' },
  url: { noun: 'a text', advice: 'write the address of a web page that begins with https://' },
  priority: { noun: 'a whole number', advice: 'plugins with lower numbers come first; leave it out for 0' },
  category: { noun: 'a category', advice: 'write job-type, infrastructure or core' },
  components: {
    noun: 'a list of components',
    advice: 'write [lifecycle] or [image-builder], or leave it out for all',
  },
  racetrack: {
    noun: 'a range of versions',
    advice: 'write the versions of Racetrack that it works with, such as racetrack: ">=2.36 <3"',
  },
};

/** The name that a plugin's archive gets. */
export function archiveNameOf({ name, version }: Pick<PluginManifest, 'name' | 'version'>): string {
  return `${name}-${version}.zip`;
}
