import { isBuiltin } from 'node:module';
import { suggestWord } from '@racetrack-platform/errors';
import type { PluginManifest } from '@racetrack-platform/plugin-package';
import { z } from 'zod';

const lineSchema = z.number();

/** What the parsers tell of the code that a plugin is loaded by, beside its syntax. */
export const entryReportSchema = z.object({
  /** What a module imports. */
  imports: z.array(z.object({ specifier: z.string(), line: lineSchema })).default([]),
  /** `id` and `version`, where a module spells them out. */
  identity: z.array(z.object({ key: z.string(), value: z.string(), line: lineSchema })).default([]),
  /** Hooks of a module that nobody will ask. */
  hooks: z.array(z.string()).default([]),
  /** Methods of a class `Plugin` in Python. */
  methods: z.array(z.object({ name: z.string(), line: lineSchema })).default([]),
  /** Whether that class may have methods from elsewhere. */
  hasBases: z.boolean().default(true),
});
type EntryReport = z.infer<typeof entryReportSchema>;

export interface CheckedCode {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What the code of a plugin has to agree with. */
export interface PluginSurroundings {
  readonly manifest: PluginManifest | undefined;
  /** All that is packed, relative, with `/`. */
  readonly files: readonly string[];
}

/** The only package that plugins get from the platform. */
const SDK = '@racetrack-platform/plugin-sdk';
/** As the host for Python knows them, those of before Racetrack 2.9 last. */
const PYTHON_HOOKS = [
  'job_types',
  'infrastructure_targets',
  'job_runtime_env_vars',
  'validate_job_manifest',
  'post_job_deploy',
  'post_job_delete',
  'markdown_docs',
  'run_action',
  'fatman_job_types',
  'fatman_runtime_env_vars',
  'post_fatman_deploy',
  'post_fatman_delete',
];
const JOB_TYPES = new Set(['job_types', 'fatman_job_types']);

/**
 * Finds what would only show when the plugin is installed, or never.
 *
 * @param shown - the file as the reader knows it.
 */
export function judgeCode(
  report: EntryReport,
  shown: string,
  { manifest, files }: PluginSurroundings,
): CheckedCode {
  const at = ({ line }: { readonly line: number }): string => (line === 0 ? shown : `${shown}:${line}`);
  const missing = report.imports.filter(({ specifier }) => isMissing(specifier, files));
  const identity: Record<string, string | undefined> = { id: manifest?.name, version: manifest?.version };
  const wrong = report.identity.filter(({ key, value }) => (identity[key] ?? value) !== value);
  return {
    problems: [
      ...missing.map(
        (one) =>
          `${at(one)}: imports ${JSON.stringify(one.specifier)}, which the plugin does not hold: nothing is installed for it, so npm packages belong into its node_modules, and .racetrackignore has to let them in`,
      ),
      ...wrong.map(
        (one) =>
          `${at(one)}: says ${one.key} ${JSON.stringify(one.value)}, but plugin-manifest.yaml says ${JSON.stringify(identity[one.key])}: write the same into both, or read the manifest as racetrack plugin init shows`,
      ),
    ],
    warnings: [...doubtNames(report, at), ...doubtValidation(report, shown, at)],
  };
}

/** A package that is neither in the plugin nor with the platform. */
function isMissing(specifier: string, files: readonly string[]): boolean {
  if (/^(?:[./#]|[a-z]+:)/i.test(specifier) || isBuiltin(specifier) || specifier === SDK) return false;
  const [name = '', ...rest] = specifier.split('/');
  const folder = `node_modules/${name.startsWith('@') ? `${name}/${rest[0] ?? ''}` : name}/`;
  return !files.some((file) => file.startsWith(folder));
}

/** A method that nobody calls, because of a slip in its name. */
function doubtNames({ methods }: EntryReport, at: (where: { readonly line: number }) => string): string[] {
  return methods.flatMap((method) => {
    const { name } = method;
    if (PYTHON_HOOKS.includes(name) || name.startsWith('_')) return [];
    const meant = suggestWord(name, PYTHON_HOOKS);
    return meant === undefined
      ? []
      : [`${at(method)}: ${name} is no hook, so the platform does not call it; did you mean ${meant}?`];
  });
}

function doubtValidation(
  { methods, hasBases, hooks, imports }: EntryReport,
  shown: string,
  at: (where: { readonly line: number }) => string,
): string[] {
  const why = 'is only asked for job types of this plugin, and it brings none';
  const validation = methods.find(({ name }) => name === 'validate_job_manifest');
  const isInVain = validation !== undefined && !hasBases && !methods.some(({ name }) => JOB_TYPES.has(name));
  // A module of the plugin's own may add job types.
  const isAlone = !imports.some(({ specifier }) => specifier.startsWith('.'));
  return [
    ...(isInVain ? [`${at(validation)}: validate_job_manifest ${why}`] : []),
    ...(isAlone ? hooks : []).map((name) => `${shown}: ${name} ${why}`),
  ];
}
