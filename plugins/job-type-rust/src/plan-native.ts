import { join } from 'node:path';
import type { BuildStep, NativePlan } from '@racetrack-platform/contracts';
import { toWrapperFlags, type JobTypeManifest } from '@racetrack-platform/plugin-sdk';
import { parseExtension, type RustExtension } from './manifest-extension.ts';
import { PLUGIN_VERSION } from './plugin-version.ts';
import type { FindRust, Rust } from './toolchain/find-rust.ts';
import { digestWrapper } from './wrapper-digest.ts';

const RUNTIME = '${plugin}/runtime';
/** Compiled first: it drives cargo. */
const COMPOSE = '${environment}/compose';
const PROGRAM = '${source}/.racetrack/job';

/** A dependency or a workspace of the source, whose files belong to what is compiled. */
const REFERENCE_PATTERN = String.raw`\{[^{}\n]*\bpath\s*=|^[ \t]*\[workspace\b|^[ \t]*workspace\s*=|\.workspace\s*=`;

/** Without a lock file the newest fitting crates are taken: compiled anew after this. */
const UNLOCKED_EXPIRE_AFTER_MS = 7 * 24 * 60 * 60 * 1000;

/** Toolchains of the system are where every build sees them. */
const SYSTEM_ROOTS = new Set(['/', '/usr']);

export interface PlanNativeDeps {
  /** Absolute path of this plugin's folder. */
  readonly pluginDir: string;
  readonly findRust: FindRust;
  /** Folder with the files of the Swagger page. */
  readonly swaggerDir: string;
}

/** Makes the function that plans a Rust job without containers (see `JobType.planNative`). */
export function createPlanNative(
  deps: PlanNativeDeps,
): (manifest: JobTypeManifest, signal: AbortSignal) => Promise<NativePlan> {
  return async (manifest, signal) => {
    const extension = parseExtension(manifest.jobtypeExtra);
    const [rust, wrapper] = await Promise.all([
      deps.findRust(signal),
      digestWrapper(join(deps.pluginDir, 'runtime')),
    ]);
    return composePlan({ extension, rust, wrapper, swaggerDir: deps.swaggerDir.replace(/(?<=.)\/+$/, '') });
  };
}

interface PlanInput {
  readonly extension: RustExtension;
  readonly rust: Rust;
  /** Digest of the wrapper. */
  readonly wrapper: string;
  readonly swaggerDir: string;
}

function composePlan(input: PlanInput): NativePlan {
  const { extension, rust, swaggerDir } = input;
  const { crate, wrapper } = extension;
  const required = listRequiredFiles(extension);
  return {
    environment: {
      inputs: { rust: `${rust.version} ${rust.host}`, sysroot: rust.sysroot, wrapper: input.wrapper },
      files: required.map(({ path }) => path),
      ...(crate !== undefined && { referencePattern: REFERENCE_PATTERN }),
      expiresAfterMs: crate === undefined || crate.lockPath !== undefined ? null : UNLOCKED_EXPIRE_AFTER_MS,
      // Crates that an author chose run code while they are compiled.
      isShareable: crate === undefined,
      steps: composeEnvironmentSteps(input),
    },
    requiredFiles: required,
    steps: [{ title: 'Compiling the job', command: [COMPOSE, 'job', ...listBuildOptions(input)] }],
    run: {
      command: [
        PROGRAM,
        '--uds=${socket}',
        '--swagger-dir=${environment}/swagger',
        ...toWrapperFlags(wrapper),
      ],
      env: { JOB_TYPE_VERSION: PLUGIN_VERSION },
      cwd: '${source}',
    },
    hostPaths: SYSTEM_ROOTS.has(rust.sysroot) ? [swaggerDir] : [rust.sysroot, swaggerDir],
    warnings: [...extension.warnings],
  };
}

function composeEnvironmentSteps(input: PlanInput): BuildStep[] {
  const { rust, swaggerDir } = input;
  return [
    {
      title: `Preparing the build with Rust ${rust.version}`,
      command: [rust.rustc, '-O', '--edition=2021', `${RUNTIME}/compose/main.rs`, '-o', COMPOSE],
    },
    {
      title: 'Compiling the wrapper and dependencies',
      command: [
        COMPOSE,
        'environment',
        `--runtime=${RUNTIME}`,
        `--swagger-dir=${swaggerDir}`,
        ...listBuildOptions(input),
      ],
    },
  ];
}

function listBuildOptions({ extension: { crate }, rust }: PlanInput): string[] {
  return [
    '--environment=${environment}',
    '--source=${source}',
    `--cargo=${rust.cargo}`,
    `--rustc=${rust.rustc}`,
    ...(crate === undefined ? [] : [`--manifest=${crate.manifestPath}`]),
    ...(crate?.lockPath === undefined ? [] : [`--lock=${crate.lockPath}`]),
  ];
}

function listRequiredFiles({ crate }: RustExtension): { path: string; field: string }[] {
  if (crate === undefined) return [];
  const manifest = { path: crate.manifestPath, field: 'jobtype_extra.cargo_manifest_path' };
  const { lockPath } = crate;
  return lockPath === undefined
    ? [manifest]
    : [manifest, { path: lockPath, field: 'jobtype_extra.cargo_lock_path' }];
}
