import { z } from 'zod';

/** One command of a recipe. Arguments may hold `${source}`, `${environment}`, `${plugin}` and `${cache}`. */
export const buildStepSchema = z.object({
  /** Shown in the build log, such as `Installing requirements`. */
  title: z.string(),
  /** The first five lines of its output that begin with `warning: ` are shown to whoever deploys. */
  command: z.array(z.string()).min(1),
  /** Working directory, same placeholders. @defaultValue the source directory */
  cwd: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
});
export type BuildStep = z.infer<typeof buildStepSchema>;

/** How to start the job in a prepared directory. */
export const runSpecSchema = z.object({
  /** Placeholders as in steps, and `${socket}` (path of the Unix socket to listen on). */
  command: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()),
  cwd: z.string().optional(),
});
export type RunSpec = z.infer<typeof runSpecSchema>;

/** What a job type answers for one manifest: everything the builder and the process target need (design D6). */
export const nativePlanSchema = z.object({
  /** Dependencies, cached apart from the source: shared by all jobs with the same key. */
  environment: z.object({
    /** Facts that belong in the key, such as the interpreter's exact version. */
    inputs: z.record(z.string(), z.string()),
    /** Files of the source whose content belongs in the key, such as `requirements.txt`; must exist. */
    files: z.array(z.string()),
    /**
     * Regular expression: a line of `files` that it matches speaks of further files of the source, such as
     * `-r other.txt`, so that the whole source belongs in the key.
     */
    referencePattern: z.string().optional(),
    /** Milliseconds until an unpinned environment is built anew; `null`: never. */
    expiresAfterMs: z.number().nullable(),
    /**
     * Whether everybody may share it: its steps run and install nothing that the author of a job chose. Others are
     * shared among the jobs of one deployer only, where builds are kept apart. @defaultValue false
     */
    isShareable: z.boolean().optional(),
    steps: z.array(buildStepSchema),
  }),
  /** Files that must exist in the source, with what to tell the author when they do not. */
  requiredFiles: z.array(z.object({ path: z.string(), field: z.string() })),
  /** Steps on the source itself, after the environment stands. */
  steps: z.array(buildStepSchema),
  run: runSpecSchema,
  /**
   * Absolute paths of this machine that the steps read beside the plugin's folder and the system's own. Where accounts
   * cannot read one, steps that name it get the path of a copy instead, so that it must not depend on where it is. Of
   * installed plugins, only what everybody can read; of nobody anything of the platform's data.
   */
  hostPaths: z.array(z.string()).optional(),
  /** What the author should know, though it does not stop the build: a field that nothing reads, for instance. */
  warnings: z.array(z.string()).optional(),
});
export type NativePlan = z.infer<typeof nativePlanSchema>;

export const sourceSpecSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('git'),
    remote: z.string(),
    /** Branch, tag or full commit id; `null`: the remote's default branch. */
    ref: z.string().nullable(),
    /** Full commit id recorded by an earlier build; wins over `ref`. */
    commit: z.string().nullable(),
    directory: z.string(),
    credentials: z.object({ username: z.string(), password: z.string() }).nullable(),
  }),
  z.object({ kind: z.literal('archive'), path: z.string() }),
]);
export type SourceSpec = z.infer<typeof sourceSpecSchema>;

/** What one build may use, all its steps and their children together; `null`: no limit. */
export const buildLimitsSchema = z.object({
  memoryBytes: z.number().nullable(),
  processes: z.number().nullable(),
  /** Its workspace, and what it adds to environments and caches. */
  diskBytes: z.number().nullable(),
  /** Bytes of its log that are kept; a build that writes thirty-two times as much is ended. */
  logBytes: z.number().nullable(),
  cpuMillicores: z.number().nullable(),
});
export type BuildLimits = z.infer<typeof buildLimitsSchema>;

const programSchema = z.string().nullable();

/** What was found on this machine to confine processes with; the sandbox package says what each is for. */
export const confinementToolsSchema = z.object({
  isRoot: z.boolean(),
  setpriv: programSchema,
  prlimit: programSchema,
  bwrap: programSchema,
  env: programSchema,
  maxOpenFiles: z.number(),
  alwaysHidden: z.array(z.string()).readonly(),
  alwaysVisible: z.array(z.string()).readonly(),
});

/** First line on the builder's standard input. Never in argv or environment: it holds secrets. */
export const buildRequestSchema = z.object({
  deploymentId: z.string(),
  /** Directory that the builder owns: `sources/`, `environments/`, `artifacts/`, `cache/`, `workspaces/` below it. */
  buildsDir: z.string(),
  source: sourceSpecSchema,
  /** Whether `file://` and plain paths may be fetched. */
  allowLocalGit: z.boolean(),
  /** Names and address ranges of private networks that may be fetched from all the same; `*`: all of them. */
  allowPrivate: z.array(z.string()),
  /** Milliseconds that a git server may be silent, or slower than a kilobyte a second. */
  gitTimeoutMs: z.number().positive(),
  /** The submitted manifest: compared with the repository's, and written over it. */
  manifestYaml: z.string(),
  /** Resolved, `name:version`. */
  jobType: z.string(),
  pluginDir: z.string(),
  plan: nativePlanSchema,
  /** Whether root may read the plan's `hostPaths` for the build's account: not for a plugin that somebody installed. */
  trustsHostPaths: z.boolean(),
  buildEnv: z.record(z.string(), z.string()),
  secretBuildEnv: z.record(z.string(), z.string()),
  /** Key of the HMAC by which secrets enter the artifact's key, hexadecimal. */
  secretsKey: z.string(),
  noCache: z.boolean(),
  /** Milliseconds for the whole build. */
  timeoutMs: z.number(),
  limits: buildLimitsSchema,
  /** The user and group that steps run as, nobody else's as long as the build lasts; `null`: the builder's own. */
  account: z.object({ uid: z.int().positive(), gid: z.int().positive() }).nullable(),
  /** The programs of this machine that confine (`ConfinementTools` of the sandbox package); `null`: none is used. */
  tools: confinementToolsSchema.nullable(),
  /** Directories that confined steps find empty, but for what they need: the data directory. */
  hiddenDirs: z.array(z.string()),
  /** Whose build it is: with an `account`, builds of different owners share no cache that a step can write to. */
  owner: z.string(),
});
export type BuildRequest = z.infer<typeof buildRequestSchema>;

export const buildResultSchema = z.object({
  /** Full commit id; `null` for an uploaded build context. */
  commit: z.string().nullable(),
  /** What `git_version` shows: the short commit id, or `tar`. */
  gitVersion: z.string(),
  treeDigest: z.string(),
  artifactKey: z.string(),
  /** Absolute path of the prepared source; read-only from now on. */
  sourceDir: z.string(),
  environmentDir: z.string(),
  /** What `${plugin}` stands for in the plan's `run`: the plugin's folder, or a copy that every account can read. */
  pluginDir: z.string(),
  reusedEnvironment: z.boolean(),
  reusedArtifact: z.boolean(),
});
export type BuildResult = z.infer<typeof buildResultSchema>;

/** One line on the builder's standard output. The last one is `result` or `error`. */
export const buildEventSchema = z.discriminatedUnion('type', [
  /** `fetching the source code`, `preparing the environment`, … : the words users see. */
  z.object({ type: z.literal('phase'), phase: z.enum(['source', 'build']), text: z.string() }),
  z.object({ type: z.literal('log'), text: z.string() }),
  z.object({ type: z.literal('warning'), text: z.string() }),
  z.object({ type: z.literal('result'), result: buildResultSchema }),
  z.object({
    type: z.literal('error'),
    code: z.string(),
    message: z.string(),
    hint: z.string().nullable(),
  }),
]);
export type BuildEvent = z.infer<typeof buildEventSchema>;
