import { basename, dirname, join } from 'node:path';
import type { BuildStep, NativePlan, RunSpec } from '@racetrack-platform/contracts';
import { toWrapperFlags, type JobTypeManifest } from '@racetrack-platform/plugin-sdk';
import type { FindNode, NodeProgram } from './interpreter/find-node.ts';
import { parseExtension, type NodeExtension } from './manifest-extension.ts';
import { PLUGIN_VERSION } from './plugin-version.ts';
import { digestWrapper } from './wrapper-digest.ts';

/** Lines of a `package.json` or lock file that name packages of the source itself. */
const REFERENCE_PATTERN = String.raw`"file:|"link": *true|"workspaces"`;

/** Without a lock file nobody can tell from here what is newest: such an environment is built anew after this. */
const UNLOCKED_EXPIRES_AFTER_MS = 7 * 24 * 60 * 60 * 1000;

/** What the build writes about the arguments of the job's functions, in the source. */
const SIGNATURE_FILE = '.racetrack-signatures.json';

/** Where tools are that the steps need. */
export interface ToolDirs {
  /** Files of the Swagger page. */
  readonly swagger: string;
  /** The package `npm`. */
  readonly npm: string;
  /** The package `@babel/parser`. */
  readonly parser: string;
}

export interface PlanNativeDeps {
  /** Absolute path of this plugin's folder. */
  readonly pluginDir: string;
  readonly findNode: FindNode;
  readonly toolDirs: ToolDirs;
}

/** Makes the function that plans a Node job without containers (see `JobType.planNative`). */
export function createPlanNative(
  deps: PlanNativeDeps,
): (manifest: JobTypeManifest, signal: AbortSignal) => Promise<NativePlan> {
  return async (manifest, signal) => {
    const extension = parseExtension(manifest.jobtypeExtra);
    const [node, wrapper] = await Promise.all([
      deps.findNode(extension.nodeVersion, signal),
      digestWrapper(join(deps.pluginDir, 'runtime')),
    ]);
    return composePlan({ extension, node, wrapper, toolDirs: deps.toolDirs });
  };
}

interface PlanInput {
  readonly extension: NodeExtension;
  readonly node: NodeProgram;
  /** Digest of the wrapper. */
  readonly wrapper: string;
  readonly toolDirs: ToolDirs;
}

/** Composes the plan; pure. */
export function composePlan(input: PlanInput): NativePlan {
  const { extension, node, toolDirs } = input;
  const { entrypointPath, dependenciesPath } = extension;
  const isUnlocked = dependenciesPath !== undefined && basename(dependenciesPath) === 'package.json';
  return {
    environment: {
      inputs: {
        node: node.version,
        executable: node.executable,
        platform: `${process.platform} ${process.arch}`,
        wrapper: input.wrapper,
      },
      files: listDependencyFiles(dependenciesPath),
      referencePattern: REFERENCE_PATTERN,
      expiresAfterMs: isUnlocked ? UNLOCKED_EXPIRES_AFTER_MS : null,
      isShareable: dependenciesPath === undefined,
      steps: composeEnvironmentSteps(input),
    },
    requiredFiles: [
      { path: entrypointPath, field: 'jobtype_extra.entrypoint_path' },
      ...listDependencyFiles(dependenciesPath).map((path) => ({
        path,
        field: 'jobtype_extra.dependencies_path',
      })),
    ],
    steps: composeSourceSteps(input),
    run: composeRun(input),
    hostPaths: [
      toolDirs.swagger,
      toolDirs.parser,
      ...(dependenciesPath === undefined ? [] : [toolDirs.npm]),
      ...(node.isReachable ? [] : [node.executable]),
    ],
    warnings: [...extension.warnings, ...warnAboutPackages(isUnlocked)],
  };
}

/** A lock file means nothing without the `package.json` beside it. */
function listDependencyFiles(path: string | undefined): string[] {
  if (path === undefined) return [];
  const manifest = join(dirname(path), 'package.json');
  return path === manifest ? [path] : [manifest, path];
}

function composeEnvironmentSteps({ extension, node, toolDirs }: PlanInput): BuildStep[] {
  const script = (name: string): string[] => [node.executable, `\${plugin}/runtime/build/${name}.ts`];
  const install: BuildStep = {
    title: `Installing the job wrapper for Node.js ${node.version}`,
    command: [
      ...script('install-wrapper'),
      '--environment=${environment}',
      '--swagger-dir',
      toolDirs.swagger,
      ...(node.isReachable ? [] : ['--copy-node']),
    ],
  };
  const { dependenciesPath } = extension;
  if (dependenciesPath === undefined) return [install];
  return [
    install,
    {
      title: 'Installing packages',
      command: [
        ...script('install-dependencies'),
        '--environment=${environment}',
        '--cache=${cache}/npm',
        '--npm-dir',
        toolDirs.npm,
        `--dependencies=${dependenciesPath}`,
      ],
    },
  ];
}

function composeSourceSteps({ extension, node, toolDirs }: PlanInput): BuildStep[] {
  const { entrypointPath, dependenciesPath } = extension;
  const script = (name: string): string[] => [node.executable, `\${plugin}/runtime/build/${name}.ts`];
  const read: BuildStep = {
    title: 'Reading the source',
    command: [
      ...script('read-signatures'),
      '--parser-dir',
      toolDirs.parser,
      `--output=${SIGNATURE_FILE}`,
      '--',
      entrypointPath,
    ],
  };
  if (dependenciesPath === undefined) return [read];
  return [
    {
      title: 'Linking packages',
      command: [
        ...script('link-dependencies'),
        '--installed=${environment}/job/node_modules',
        `--dependencies=${dependenciesPath}`,
      ],
    },
    read,
  ];
}

function composeRun({ extension, node }: PlanInput): RunSpec {
  return {
    command: [
      node.isReachable ? node.executable : '${environment}/bin/node',
      '${environment}/wrapper/run.js',
      '--uds',
      '${socket}',
      ...toWrapperFlags(extension.wrapper),
      `--workers=${extension.workers}`,
      `--signature=${SIGNATURE_FILE}`,
      '--',
      extension.entrypointPath,
      extension.entrypointClass ?? '',
    ],
    env: { JOB_TYPE_VERSION: PLUGIN_VERSION },
    cwd: '${source}',
  };
}

function warnAboutPackages(isUnlocked: boolean): string[] {
  if (!isUnlocked) return [];
  return [
    'packages are installed without a lock file, in whatever versions are newest: commit package-lock.json and name it in jobtype_extra.dependencies_path',
  ];
}
