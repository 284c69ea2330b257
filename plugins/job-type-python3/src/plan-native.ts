import { join } from 'node:path';
import type { BuildStep, NativePlan, RunSpec } from '@racetrack-platform/contracts';
import { toWrapperFlags, type JobTypeManifest } from '@racetrack-platform/plugin-sdk';
import type { FindPython, Python } from './interpreter/find-python.ts';
import { listHiddenParts } from './interpreter/list-hidden-parts.ts';
import { parseExtension, type PythonExtension } from './manifest-extension.ts';
import { PLUGIN_VERSION } from './plugin-version.ts';
import { digestWrapper } from './wrapper-digest.ts';

/**
 * Lines of a requirements file that name further files: `-r`, `-c`, `-e`, a path, or a `file:` address (pip's format, in
 * which options may follow each other, and beginnings of their names are enough).
 */
const REFERENCE_PATTERN = String.raw`^[ \t]*(?:-.*[ \t])?(?:-[rce]|--(?:r(?!equire-)|con|ed)|[./]|file:)|@\s*file:`;

/** Requirements may be unpinned, and nobody can tell from here: their environment is built anew after this. */
const REQUIREMENTS_EXPIRE_AFTER_MS = 7 * 24 * 60 * 60 * 1000;

export interface PlanNativeDeps {
  /** Absolute path of this plugin's folder. */
  readonly pluginDir: string;
  readonly findPython: FindPython;
  /** Folder with the files of the Swagger page. */
  readonly swaggerDir: string;
}

/** Makes the function that plans a Python job without containers (see `JobType.planNative`). */
export function createPlanNative(
  deps: PlanNativeDeps,
): (manifest: JobTypeManifest, signal: AbortSignal) => Promise<NativePlan> {
  return async (manifest, signal) => {
    const extension = parseExtension(manifest.jobtypeExtra);
    const [python, wrapper] = await Promise.all([
      deps.findPython(extension.pythonVersion, signal),
      digestWrapper(join(deps.pluginDir, 'runtime')),
    ]);
    const hiddenParts = listHiddenParts(python.executable);
    return composePlan({ extension, python, hiddenParts, wrapper, swaggerDir: deps.swaggerDir });
  };
}

interface PlanInput {
  readonly extension: PythonExtension;
  readonly python: Python;
  readonly hiddenParts: readonly string[];
  /** Digest of the wrapper. */
  readonly wrapper: string;
  readonly swaggerDir: string;
}

/** Composes the plan; pure. */
export function composePlan(input: PlanInput): NativePlan {
  const { extension, python } = input;
  const { entrypointPath, modelPath, requirementsPath } = extension;
  const requirements = requireFile(requirementsPath, 'requirements_path');
  return {
    environment: {
      inputs: {
        python: `${python.implementation} ${python.version}`,
        executable: python.executable,
        platform: `${python.platform} ${python.libc}`.trim(),
        pip: `${python.pip} ${python.pipVersion ?? ''}`.trim(),
        wrapper: input.wrapper,
      },
      files: requirements.map(({ path }) => path),
      referencePattern: REFERENCE_PATTERN,
      expiresAfterMs: requirementsPath === undefined ? null : REQUIREMENTS_EXPIRE_AFTER_MS,
      // Without requirements it holds the wrapper alone, whose packages are pinned by their hashes.
      isShareable: requirementsPath === undefined,
      steps: composeEnvironmentSteps(input),
    },
    requiredFiles: [
      ...requireFile(entrypointPath, 'entrypoint_path'),
      ...requireFile(modelPath, 'model_path'),
      ...requirements,
    ],
    steps: [
      {
        title: 'Compiling the source',
        command: [
          '${environment}/bin/python',
          '-I',
          '${plugin}/runtime/build/check_source.py',
          ...(entrypointPath === undefined ? [] : [entrypointPath]),
        ],
      },
    ],
    run: composeRun(extension),
    hostPaths: [...input.hiddenParts, input.swaggerDir],
    warnings: [...extension.warnings],
  };
}

function requireFile(path: string | undefined, field: string): NativePlan['requiredFiles'] {
  return path === undefined ? [] : [{ path, field: `jobtype_extra.${field}` }];
}

function composeEnvironmentSteps({ extension, python, swaggerDir }: PlanInput): BuildStep[] {
  const withoutPip = python.pip === 'host' ? ['--without-pip'] : [];
  const pipPython = python.pip === 'host' ? python.executable : '${environment}/bin/python';
  const common = [
    '--environment',
    '${environment}',
    '--pip-python',
    pipPython,
    '--cache-dir',
    '${cache}/pip',
  ];
  const script = (name: string): string[] => [python.executable, '-I', `\${plugin}/runtime/build/${name}.py`];
  const steps: BuildStep[] = [
    {
      title: `Creating an environment with Python ${python.version}`,
      command: [python.executable, '-I', '-m', 'venv', ...withoutPip, '${environment}'],
    },
    {
      title: 'Installing the job wrapper',
      command: [...script('install_wrapper'), ...common, '--swagger-dir', swaggerDir],
    },
  ];
  const { requirementsPath, checkRequirements } = extension;
  if (requirementsPath === undefined) return steps;
  const check = checkRequirements ? ['--check'] : [];
  // Joined by '=', so that no path can be taken for an option.
  const requirements = [`--requirements=${requirementsPath}`, ...check];
  return [
    ...steps,
    {
      title: 'Installing requirements',
      command: [...script('install_requirements'), ...common, ...requirements],
    },
  ];
}

function composeRun(extension: PythonExtension): RunSpec {
  const { entrypointPath, entrypointClass, modelPath, requirementsPath, wrapper } = extension;
  const profiling = extension.hasMemoryProfiler ? { MEMRAY_PROFILER: 'true' } : {};
  return {
    command: [
      '${environment}/bin/python',
      '-u',
      '-B',
      '${environment}/wrapper/run_job.py',
      'run',
      '--uds',
      '${socket}',
      ...toWrapperFlags(wrapper),
      ...(modelPath === undefined ? [] : [`--model-path=${modelPath}`]),
      ...(requirementsPath === undefined ? [] : [`--requirements-path=${requirementsPath}`]),
      '--',
      entrypointPath ?? '',
      entrypointClass ?? '',
    ],
    env: {
      JOB_TYPE_VERSION: PLUGIN_VERSION,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
      ...profiling,
    },
    cwd: '${source}',
  };
}
