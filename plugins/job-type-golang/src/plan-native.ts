import { join } from 'node:path';
import type { BuildStep, NativePlan } from '@racetrack-platform/contracts';
import { toWrapperFlags, type JobTypeManifest } from '@racetrack-platform/plugin-sdk';
import { parseExtension, type GoExtension } from './manifest-extension.ts';
import { PLUGIN_VERSION } from './plugin-version.ts';
import type { FindGo, Go } from './toolchain/find-go.ts';
import { digestWrapper } from './wrapper-digest.ts';

/** The program, in a folder of its own beside the job's files. */
const PROGRAM = '.racetrack/program/job';
const WRAPPER = '${plugin}/runtime';
const BUILDER = '${environment}/bin/jobbuild';
const SWAGGER = '${environment}/swagger';

/** Of every step: nothing outside of the caches is read or written, and no other Go is fetched. */
const GO_ENV = {
  GOCACHE: '${cache}/build',
  GOMODCACHE: '${cache}/modules',
  GOPATH: '${cache}/path',
  GOTOOLCHAIN: 'local',
  GOENV: 'off',
  GOTELEMETRY: 'off',
};

export interface PlanNativeDeps {
  /** Absolute path of this plugin's folder. */
  readonly pluginDir: string;
  readonly findGo: FindGo;
  /** Folder with the files of the Swagger page. */
  readonly swaggerDir: string;
}

/** Makes the function that plans a Go job without containers (see `JobType.planNative`). */
export function createPlanNative(
  deps: PlanNativeDeps,
): (manifest: JobTypeManifest, signal: AbortSignal) => Promise<NativePlan> {
  return async (manifest, signal) => {
    const extension = parseExtension(manifest.jobtypeExtra);
    const [go, wrapper] = await Promise.all([
      deps.findGo(signal),
      digestWrapper(join(deps.pluginDir, 'runtime')),
    ]);
    return composePlan({ extension, go, wrapper, swaggerDir: deps.swaggerDir });
  };
}

interface PlanInput {
  readonly extension: GoExtension;
  readonly go: Go;
  /** Digest of the wrapper. */
  readonly wrapper: string;
  readonly swaggerDir: string;
}

/** Composes the plan; pure. */
function composePlan(input: PlanInput): NativePlan {
  const { extension, go } = input;
  const { gomod } = extension;
  return {
    environment: {
      inputs: { go: `${go.version} ${go.platform}`, executable: go.program, wrapper: input.wrapper },
      files: [],
      expiresAfterMs: null,
      // The compiler's cache is written by every build, with what an author wrote: one owner's builds share it.
      isShareable: false,
      steps: composeEnvironmentSteps(input),
    },
    requiredFiles: gomod === undefined ? [] : [{ path: gomod, field: 'jobtype_extra.gomod' }],
    steps: [composeCompileStep(input)],
    run: {
      command: [
        `\${source}/${PROGRAM}`,
        '--uds=${socket}',
        `--swagger-dir=${SWAGGER}`,
        ...toWrapperFlags(extension.wrapper),
      ],
      env: { JOB_TYPE_VERSION: PLUGIN_VERSION },
      cwd: '${source}',
    },
    hostPaths: [go.root, input.swaggerDir],
    warnings: [...extension.warnings],
  };
}

function composeEnvironmentSteps({ go, swaggerDir }: PlanInput): BuildStep[] {
  return [
    {
      title: `Preparing the build with Go ${go.version}`,
      // Without `-C`: the folder of the plugin is only read.
      command: [go.program, 'build', '-trimpath', '-buildvcs=false', '-o', BUILDER, './cmd/jobbuild'],
      cwd: WRAPPER,
      env: { ...GO_ENV, GOWORK: 'off', GOFLAGS: '-modcacherw', CGO_ENABLED: '0' },
    },
    {
      title: 'Installing the Swagger page',
      command: [BUILDER, 'install', `--swagger-dir=${swaggerDir}`, `--target=${SWAGGER}`],
    },
  ];
}

function composeCompileStep({ extension, go }: PlanInput): BuildStep {
  const { gomod, usesCgo } = extension;
  return {
    title: 'Compiling the job',
    command: [
      BUILDER,
      '--source=${source}',
      `--wrapper=${WRAPPER}`,
      `--output=${PROGRAM}`,
      `--go=${go.program}`,
      ...(gomod === undefined ? [] : [`--gomod=${gomod}`]),
      ...(usesCgo ? ['--cgo'] : []),
    ],
    env: GO_ENV,
  };
}
