import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  describeNodeHost,
  describePythonHost,
  dieWithParent,
  HOST_SOURCES,
  ON_DEMAND,
  selectHostEnvironment,
  type HostProgram,
  type MemoryWatch,
  type PluginConfig,
  type PluginHostLogger,
} from '@racetrack-platform/plugin-engine';
import type { Account } from '@racetrack-platform/sandbox';
import { collectFiles } from './collect-files.ts';
import { createHostConfinement } from './confine-host.ts';
import { prepareDataDirectory } from './data-directory.ts';
import { openFileLayout } from './file-layout.ts';
import { rememberInterpreters } from './find-interpreter.ts';
import { measureHost } from './measure-host.ts';
import type { PackageFiles, PluginIdentity, PrepareOptions } from './package-files.ts';
import type { PluginAccounts } from './plugin-accounts.ts';
import { ensureEnvironment, nameEnvironment, readRequirements } from './python-environment.ts';
import { readSettings } from './read-settings.ts';
import { SharedWork } from './shared-work.ts';
import { unpackPackage } from './unpack-package.ts';

export interface PackageFilesOptions {
  /** Directory of all that is of plugins. */
  readonly pluginsDir: string;
  /** The whole data directory, out of sight for plugins but for what is theirs. */
  readonly platformDir: string;
  /** Reads a ZIP from the store, part by part. */
  readonly readArchive: (digest: string) => AsyncIterable<Uint8Array>;
  /** The platform's own environment; plugins and pip get the harmless part of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: PluginHostLogger;
  readonly accounts: PluginAccounts;
  /** Bytes of data that the process of one plugin may hold. @defaultValue 512 MiB */
  readonly memoryBytes?: number;
  /** `off`: as if this machine had no bubblewrap. @defaultValue 'auto' */
  readonly namespaces?: 'auto' | 'off';
  /** For installing what a Python plugin requires, milliseconds. @defaultValue 10 minutes */
  readonly requirementsTimeoutMs?: number;
}

const MEBIBYTE = 1024 * 1024;
/** For what a plugin needs beside the data of one process: the runtime, child processes. */
const RUNTIME_BYTES = 1024 * MEBIBYTE;
const MEMORY_INTERVAL_MS = 2_000;
/** All source code of the platform and its packages: what hosts are made of. */
const PLATFORM_SOURCES = fileURLToPath(new URL('../../../../../', import.meta.url));

/** Makes the directories, and the one who fills them. */
export async function createPackageFiles(options: PackageFilesOptions): Promise<PackageFiles> {
  const { pluginsDir, platformDir, readArchive, logger, accounts } = options;
  const { memoryBytes = 512 * MEBIBYTE, requirementsTimeoutMs = 10 * 60_000, namespaces = 'auto' } = options;
  const layout = await openFileLayout(pluginsDir);
  const env = selectPluginEnvironment(options.env);
  const confinement = createHostConfinement({
    platformDir,
    packagesDir: layout.packages,
    sharedPaths: [PLATFORM_SOURCES, process.execPath, ...Object.values(HOST_SOURCES)],
    logger,
    memoryBytes,
    namespaces,
  });
  const unpacking = new SharedWork<string>();
  const installing = new SharedWork<string>();
  /** How often each digest is held. */
  const held = new Map<string, number>();

  function hold(digest: string): Disposable {
    held.set(digest, (held.get(digest) ?? 0) + 1);
    return {
      [Symbol.dispose]() {
        const rest = (held.get(digest) ?? 0) - 1;
        if (rest > 0) held.set(digest, rest);
        else held.delete(digest);
      },
    };
  }

  const findPython = rememberInterpreters(options.env);

  /** What runs the plugin: the interpreter of its environment, or the system's where it requires nothing. */
  async function choosePython(
    { digest }: PluginIdentity,
    dir: string,
    account: Account | null,
    signal: AbortSignal,
  ): Promise<string> {
    const interpreter = await findPython(account !== null, signal);
    const requirements = await readRequirements(dir);
    if (requirements === undefined) return interpreter.path;
    const name = nameEnvironment(digest, interpreter);
    const deps = {
      environmentsDir: layout.environments,
      confinement,
      env,
      timeoutMs: requirementsTimeoutMs,
    };
    return await installing.run(name, signal, async (shared) => {
      return await ensureEnvironment(deps, name, { dir, requirements, interpreter, account }, shared);
    });
  }

  async function describeProgram(
    plugin: PluginIdentity,
    dir: string,
    dataDir: string,
    account: Account | null,
    { pinned, signal }: PrepareOptions,
  ): Promise<HostProgram> {
    if (plugin.language === 'javascript') {
      const heap = `--max-old-space-size=${Math.ceil(memoryBytes / MEBIBYTE)}`;
      // Without compiled code kept on the disk: what one version can write, the next one must not run.
      const program = describeNodeHost(env, [heap, '--max-semi-space-size=1']);
      if (pinned !== undefined) return dieWithParent(program);
      return await confinement.confine(withHome(program, dataDir), account, {
        readOnly: [dir],
        writable: [dataDir],
        cwd: dataDir,
        isOpen: isTarget(plugin),
      });
    }
    const python = await choosePython(plugin, dir, account, signal);
    return await confinement.confine(withHome(describePythonHost(env, python), dataDir), account, {
      readOnly: [dir, dirname(dirname(python))],
      writable: [dataDir],
      cwd: dataDir,
      isOpen: false,
    });
  }

  return {
    directoryOf: (digest) => join(layout.packages, digest),

    async prepare(plugin, prepareOptions) {
      const { config, archivePath, pinned, signal } = prepareOptions;
      using _ = hold(plugin.digest);
      const settings = readSettings(plugin, config);
      const dir = await unpacking.run(plugin.digest, signal, async (shared) => {
        return await unpackPackage({ layout, readArchive }, plugin, archivePath, shared);
      });
      const account =
        pinned === undefined
          ? await confinement.accountFor(await accounts.get(plugin.name), isTarget(plugin))
          : null;
      const dataDir = pinned?.dataDir ?? join(layout.data, plugin.name);
      await prepareDataDirectory({ dataDir, workDir: layout.work, account, config });
      const program = await describeProgram(plugin, dir, dataDir, account, prepareOptions);
      const pluginConfig: PluginConfig = {
        dir,
        dataDir,
        settings,
        manifest: { ...plugin.manifest },
        ...(pinned !== undefined && { platform: pinned.platform, importsFrom: pinned.dir }),
      };
      return {
        name: plugin.name,
        version: plugin.version,
        digest: plugin.digest,
        dir,
        dataDir,
        host: {
          ...ON_DEMAND,
          program,
          logger,
          config: { plugins: [pluginConfig], memoryBytes },
          ...(pinned === undefined && !isTarget(plugin) && { memory: watchOf(memoryBytes) }),
        },
      };
    },

    async collect(keep) {
      const digests = new Set([...keep, ...held.keys()]);
      await collectFiles(layout, digests, await nameEnvironments(digests));
    },
  };

  /** Those that packages need; `undefined` when that cannot be told now. */
  async function nameEnvironments(digests: ReadonlySet<string>): Promise<Set<string> | undefined> {
    const packages = await Promise.all(
      [...digests].map(async (digest) => {
        const requirements = await readRequirements(join(layout.packages, digest));
        return requirements === undefined ? [] : [digest];
      }),
    );
    const demanding = packages.flat();
    if (demanding.length === 0) return new Set();
    const signal = new AbortController().signal;
    const found = await Promise.all(
      [false, true].map(async (isForAll) => {
        return await findPython(isForAll, signal).catch(() => undefined);
      }),
    );
    const interpreters = found.filter((interpreter) => interpreter !== undefined);
    if (interpreters.length === 0) return undefined;
    return new Set(
      demanding.flatMap((each) => interpreters.map((interpreter) => nameEnvironment(each, interpreter))),
    );
  }
}

/** The limits of the processes do not count what they share, and there may be many. */
function watchOf(memoryBytes: number): MemoryWatch {
  return { limitBytes: memoryBytes + RUNTIME_BYTES, intervalMs: MEMORY_INTERVAL_MS, measure: measureHost };
}

/** Python plugins cannot bring targets. */
function isTarget({ language, manifest }: PluginIdentity): boolean {
  return language === 'javascript' && manifest['category'] === 'infrastructure';
}

/** What is meant for our own hosts alone stays with them. */
function selectPluginEnvironment(env: PackageFilesOptions['env']): Record<string, string> {
  const {
    RACETRACK_FAILPOINTS: _failpoints,
    NODE_COMPILE_CACHE: _cache,
    ...rest
  } = selectHostEnvironment(env);
  return rest;
}

/** The home of the platform's user is none of a plugin's business. */
function withHome(program: HostProgram, dataDir: string): HostProgram {
  return { ...program, env: { ...program.env, HOME: dataDir } };
}
