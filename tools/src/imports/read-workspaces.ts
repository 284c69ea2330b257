import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'oxc-parser';
import type { Import, Workspace } from './import-rules.ts';

interface PackageJson {
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Quoted text that may be the name of a package, or a path inside one. */
const QUOTED_NAME = /['"`]((?:@[\w.-]+\/)?[\w.-]+)(?:\/[^'"`\n]*)?['"`]/g;

/** Reads every workspace of the repository. */
export function readWorkspaces(root: string): Workspace[] {
  const folders = (readPackageJson(root).workspaces ?? []).flatMap((pattern) =>
    globSync(`${pattern}/package.json`, { cwd: root }).map((file) => path.dirname(file)),
  );
  return folders.sort().map((folder) => readWorkspace(root, folder));
}

/** The development tools of the root, which tests of every workspace may use. */
export function readToolchain(root: string): string[] {
  return Object.keys(readPackageJson(root).devDependencies ?? {});
}

function readWorkspace(root: string, folder: string): Workspace {
  const files = globSync(`${folder}/src/**/*.{ts,tsx,mts}`, { cwd: root }).sort();
  const mentions = new Set<string>();
  const imports = files.flatMap((file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    for (const [, name] of text.matchAll(QUOTED_NAME)) if (name !== undefined) mentions.add(name);
    return readImports(file, text);
  });
  const { dependencies = {}, devDependencies = {} } = readPackageJson(path.join(root, folder));
  return {
    folder,
    dependencies: Object.keys(dependencies),
    devDependencies: Object.keys(devDependencies),
    imports,
    mentions,
  };
}

/** Every module that a source file names: imports, re-exports, and `import()` of a constant. */
export function readImports(file: string, text: string): Import[] {
  const { module } = parseSync(file, text);
  const found: { specifier: string; start: number }[] = [];
  for (const { moduleRequest, start } of module.staticImports) {
    found.push({ specifier: moduleRequest.value, start });
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, start } of entries) {
      if (moduleRequest !== null) found.push({ specifier: moduleRequest.value, start });
    }
  }
  for (const { moduleRequest, start } of module.dynamicImports) {
    const argument = text.slice(moduleRequest.start, moduleRequest.end);
    const [, specifier] = /^['"](.*)['"]$/.exec(argument) ?? [];
    if (specifier !== undefined) found.push({ specifier, start });
  }
  return found.map(({ specifier, start }) => ({
    file,
    specifier,
    line: text.slice(0, start).split('\n').length,
  }));
}

function readPackageJson(folder: string): PackageJson {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as PackageJson;
}
