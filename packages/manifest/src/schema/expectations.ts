import { fixQuantity } from '../quantities/parse-quantity.ts';
import { suggestVersion } from '../versions/strict-version.ts';
import type { FieldPath } from '../problems/problem.ts';
import { MAX_REPLICAS } from './manifest-schema.ts';

/** What a field wants, in the words of error messages. */
export interface Expectation {
  /** Reads after "is not". */
  readonly noun: string;
  /** What to write, in the imperative; may look at what was written. */
  readonly fix: string | ((written: string) => string);
  /** True for a value that must not be repeated in messages. */
  readonly isPrivate?: boolean;
}

const MAPPING_OF_SETTINGS: Expectation = {
  noun: 'a mapping',
  fix: 'write indented lines below it, each a name, a colon and a value',
};
const VARIABLES: Expectation = {
  noun: 'a mapping of variables',
  fix: 'write indented lines below it, such as LOG_LEVEL: "debug"',
};
const VARIABLE: Expectation = {
  noun: 'a text without NUL characters',
  fix: 'write a text in quotes, such as "8080" or "true"',
  isPrivate: true,
};
const QUANTITY: Expectation = { noun: 'a quantity', fix: fixQuantity };
const JOB_TYPE: Expectation = {
  noun: 'a job type and its version, joined by one colon',
  fix: (written) => {
    const [name = '', version = ''] = written.trim().split(/[\s:@]+/);
    return `write ${/^[\w.-]+$/.test(name) ? name : 'python3'}:${/^[\w.*-]+$/.test(version) ? version : 'latest'}`;
  },
};
const SECRET_FILE: Expectation = {
  noun: 'the path of a file',
  fix: 'write it relative to the manifest, such as .secrets/runtime.env',
};

/** By field, items and keys of variable name as `*`. */
const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  name: {
    noun: 'a name of at most 63 letters, digits, "-" and "_" that starts with a letter or digit',
    fix: suggestName,
  },
  owner_email: { noun: 'an e-mail address', fix: 'write one such as me@example.com' },
  git: {
    noun: 'a mapping',
    fix: 'write "git:" and below it, indented, a line such as remote: https://github.com/acme/jobs',
  },
  'git.remote': { noun: 'an address of a repository that can be fetched', fix: fixRemote },
  'git.branch': { noun: 'the name of a branch, tag or commit', fix: 'write one such as main' },
  'git.directory': {
    noun: 'a directory inside the repository',
    fix: 'write a relative path that does not climb out, such as jobs/adder',
  },
  version: {
    noun: 'a version of the form X.Y.Z, X.Y.Z-label or X.Y.Z+build',
    fix: (written) => `write ${suggestVersion(written) ?? 'one such as 1.2.0'}`,
  },
  jobtype: JOB_TYPE,
  lang: JOB_TYPE,
  extends: { noun: 'the relative path of a manifest', fix: 'write one such as ../base.yaml' },
  image_type: { noun: 'a kind of image that exists', fix: 'write docker, or leave the line out' },
  infrastructure_target: { noun: 'the name of a target', fix: 'write one such as process' },
  system_dependencies: { noun: 'a list of packages', fix: 'write one a line, such as - libgomp1' },
  'system_dependencies.*': {
    noun: 'the name of a package',
    fix: 'write one package an item, such as - libgomp1',
  },
  build_env: VARIABLES,
  'build_env.*': VARIABLE,
  runtime_env: VARIABLES,
  'runtime_env.*': VARIABLE,
  secret_build_env_file: SECRET_FILE,
  secret_runtime_env_file: SECRET_FILE,
  labels: MAPPING_OF_SETTINGS,
  public_endpoints: { noun: 'a list of paths', fix: 'write one a line, such as - /api/v1/perform' },
  'public_endpoints.*': {
    noun: 'a path below the job',
    fix: 'write a path without host and query, such as /api/v1/perform',
  },
  replicas: { noun: `a whole number from 1 to ${MAX_REPLICAS}`, fix: 'write one such as 2' },
  resources: {
    noun: 'a mapping',
    fix: 'write "resources:" and below it, indented, a line such as memory_max: 1Gi',
  },
  'resources.*': QUANTITY,
  jobtype_extra: MAPPING_OF_SETTINGS,
  python: MAPPING_OF_SETTINGS,
  golang: MAPPING_OF_SETTINGS,
  wrapper_properties: MAPPING_OF_SETTINGS,
  docker: MAPPING_OF_SETTINGS,
  'docker.dockerfile_path': { noun: 'the path of a file', fix: 'write one such as Dockerfile' },
};

const ANYTHING: Expectation = { noun: 'what belongs here', fix: 'look it up in docs/reference/manifest.md' };

/** What a field wants. */
export function getExpectation(field: FieldPath): Expectation {
  const exact = field.join('.');
  const general = field.length > 1 ? `${field[0]}.*` : exact;
  for (const key of [exact, general]) {
    if (Object.hasOwn(EXPECTATIONS, key)) return EXPECTATIONS[key] ?? ANYTHING;
  }
  return ANYTHING;
}

/** Whether a field takes one text, so that a number given for it can only be meant as one. */
export function isTextField(field: FieldPath): boolean {
  const key = field.join('.');
  const isVariable = field.length === 2 && (field[0] === 'build_env' || field[0] === 'runtime_env');
  return isVariable || TEXT_FIELDS.has(key);
}

const TEXT_FIELDS: ReadonlySet<string> = new Set([
  'name',
  'owner_email',
  'version',
  'jobtype',
  'lang',
  'image_type',
  'infrastructure_target',
  'git.remote',
  'git.branch',
  'git.directory',
  'secret_build_env_file',
  'secret_runtime_env_file',
]);

function suggestName(written: string): string {
  const proposal = written
    .trim()
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+|-+$/g, '')
    .slice(0, 63);
  return `write one such as ${proposal === '' || proposal === written ? 'adder' : proposal}`;
}

function fixRemote(written: string): string {
  const example = 'write one that starts with https://, such as https://github.com/acme/jobs';
  const ssh = /^(?:ssh:\/\/)?[\w.-]+@([\w.-]+)(?::\d+\/|[:/])([\w./~-]+)$/.exec(written);
  if (ssh !== null) return `write https://${ssh[1]}/${ssh[2]} (SSH keys are not used here)`;
  if (/^http:\/\/[^\s@]+$/.test(written))
    return `write ${written.replace('http:', 'https:')} (http is not encrypted)`;
  if (/^[\w.-]+\.[a-z]{2,}\/[\w./-]+$/.test(written)) return `write https://${written}`;
  if (/^\.{1,2}(?:\/|$)/.test(written))
    return 'write an absolute path, or an address that starts with https://';
  return example;
}
