const SCOPE = '@racetrack-platform/';

/** Packages of ours that each workspace may import (ARCHITECTURE.md); a folder ending in `*` stands for all inside. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'packages/errors': [],
  'packages/failpoints': [],
  'packages/manifest': ['errors'],
  'packages/contracts': ['errors', 'manifest'],
  'packages/client': ['errors', 'contracts'],
  'packages/db': ['errors', 'contracts', 'failpoints'],
  'packages/keys': ['errors'],
  'packages/sandbox': ['errors'],
  'packages/templates': ['errors', 'manifest'],
  'packages/plugin-sdk': ['errors', 'contracts', 'manifest'],
  'packages/plugin-engine': ['errors', 'contracts', 'plugin-sdk'],
  'packages/plugin-package': ['errors', 'manifest'],
  'packages/testing': [
    'errors',
    'contracts',
    'manifest',
    'client',
    'db',
    'plugin-sdk',
    'plugin-engine',
    'templates',
  ],
  'plugins/infrastructure-process': [
    'errors',
    'contracts',
    'manifest',
    'plugin-sdk',
    'sandbox',
    'failpoints',
  ],
  'plugins/*': ['errors', 'contracts', 'manifest', 'plugin-sdk'],
  'apps/server': ['errors', 'contracts', 'sandbox', 'db', 'keys'],
  'apps/lifecycle': [
    'errors',
    'contracts',
    'manifest',
    'db',
    'keys',
    'plugin-sdk',
    'plugin-engine',
    'plugin-package',
    'sandbox',
    'failpoints',
  ],
  'apps/pub': ['errors', 'contracts', 'manifest', 'failpoints'],
  'apps/builder': ['errors', 'contracts', 'manifest', 'plugin-sdk', 'sandbox', 'templates', 'failpoints'],
  'apps/cli': [
    'errors',
    'contracts',
    'manifest',
    'client',
    'plugin-engine',
    'plugin-package',
    'plugin-sdk',
    'templates',
  ],
  tools: ['errors', 'contracts', 'manifest', 'client', 'testing'],
  bench: ['errors', 'contracts', 'client', 'db', 'testing'],
  e2e: ['errors', 'contracts', 'client', 'testing', 'failpoints', 'plugin-package'],
};

/** Run in a browser too, so nothing of Node.js. */
const BROWSER_SAFE = new Set([
  'packages/errors',
  'packages/manifest',
  'packages/contracts',
  'packages/client',
]);

/** Parts of packages that can be had alone, where the rest would only make a start slower. */
const SECOND_ENTRIES = new Set(['contracts/processes', 'manifest/versions']);

/** Programs beside a package, which nobody imports: they may use what the package itself may not. */
const PROGRAMS = new Set(['packages/manifest/src/write-schema.ts']);

/** One import of one source file. */
export interface Import {
  /** Path inside the repository. */
  readonly file: string;
  /** What is imported, as it is written. */
  readonly specifier: string;
  readonly line: number;
}

/** A folder with a package.json of its own. */
export interface Workspace {
  /** Path inside the repository, such as `apps/pub`. */
  readonly folder: string;
  readonly dependencies: readonly string[];
  /** For tests alone. */
  readonly devDependencies: readonly string[];
  readonly imports: readonly Import[];
  /** All quoted texts that look like package names: a dependency may also be found by `import.meta.resolve`. */
  readonly mentions: ReadonlySet<string>;
}

/**
 * Checks who imports whom, and that what is imported is declared and the other way round.
 *
 * @param workspaces - all of the repository.
 * @param toolchain - packages of the root that tests may use, such as `vitest`.
 * @returns one line for each problem.
 */
export function findImportProblems(workspaces: readonly Workspace[], toolchain: readonly string[]): string[] {
  return workspaces.flatMap((workspace) => [
    ...workspace.imports.flatMap((entry) => {
      const problem = findImportProblem(workspace, entry, toolchain);
      return problem === undefined ? [] : [`${entry.file}:${entry.line}: ${problem}`];
    }),
    ...findUnusedDependencies(workspace),
  ]);
}

function findImportProblem(
  { folder, dependencies, devDependencies }: Workspace,
  { file, specifier }: Import,
  toolchain: readonly string[],
): string | undefined {
  if (specifier.startsWith('.')) return findRelativeProblem(folder, file, specifier);
  const isTest = isTestFile(file);
  if (specifier.startsWith('node:')) {
    if (!BROWSER_SAFE.has(folder) || PROGRAMS.has(file) || isTest) return undefined;
    return `${folder} runs in browsers, so it must not import ${specifier}`;
  }
  const name = packageName(specifier);
  if (name.startsWith(SCOPE)) {
    const ours = name.slice(SCOPE.length);
    if (specifier !== name && !SECOND_ENTRIES.has(specifier.slice(SCOPE.length)))
      return `${specifier} reaches behind the entry of ${name}`;
    if (!isAllowed(folder, ours, isTest)) return `${folder} must not import ${name}`;
    // Workspaces are always linked, and a package for tests cannot be declared by those it is made of.
    if (isTest) return undefined;
  }
  const mayUseToolchain = isTest || folder === 'tools';
  if (dependencies.includes(name) || (isTest && devDependencies.includes(name))) return undefined;
  if (mayUseToolchain && toolchain.includes(name)) return undefined;
  return `${name} is not declared in ${folder}/package.json`;
}

function findRelativeProblem(folder: string, file: string, specifier: string): string | undefined {
  const target = new URL(specifier, `file:///${file}`).pathname.slice(1);
  if (target.startsWith(`${folder}/`)) return undefined;
  return `${specifier} leaves ${folder}; import the package by its name`;
}

function isAllowed(folder: string, name: string, isTest: boolean): boolean {
  if (isTest && name === 'testing') return true;
  // A plugin is tested as it runs: behind the host protocol.
  if (isTest && name === 'plugin-engine' && folder.startsWith('plugins/')) return true;
  const allowed = ALLOWED[folder] ?? ALLOWED[`${folder.split('/')[0]}/*`] ?? [];
  return allowed.includes(name);
}

function findUnusedDependencies({ folder, dependencies, devDependencies, mentions }: Workspace): string[] {
  return [...dependencies, ...devDependencies]
    .filter((name) => !name.startsWith('@types/') && !mentions.has(name))
    .map((name) => `${folder}/package.json: ${name} is declared but not used`);
}

function isTestFile(file: string): boolean {
  return /(?:\.test|-harness)\.ts$|\/testing\//.test(file) || file.startsWith('e2e/');
}

/** The package of a specifier: its first part, or the first two with a scope. */
export function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
