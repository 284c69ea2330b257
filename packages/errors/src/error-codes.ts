// oxlint-disable max-lines -- one table, where a reader looks a code up
import { EXIT_CODES } from './exit-codes.ts';

/** What every reader of an error may rely on, code by code. */
export interface ErrorTraits {
  /** HTTP status sent by lifecycle and pub (denials are 401 as in Racetrack 2.36, design D11). */
  readonly status: number;
  /** Process exit code of the CLI, see {@link EXIT_CODES}. */
  readonly exitCode: number;
  /** True when the same request may succeed later without a change by the caller. */
  readonly retryable: boolean;
  /** The class name that Racetrack 2.36 sends in the field `type` for this kind of failure. */
  readonly legacyType: string;
  /** One sentence for docs/reference/errors.md: when it happens. */
  readonly meaning: string;
}

const usage = { exitCode: EXIT_CODES.usage, retryable: false } as const;
const conflict = { exitCode: EXIT_CODES.notFoundOrConflict, retryable: false } as const;
const denied = { exitCode: EXIT_CODES.denied, retryable: false } as const;
const unavailable = { exitCode: EXIT_CODES.unavailable, retryable: true } as const;
const failed = { exitCode: EXIT_CODES.deploymentFailed, retryable: false } as const;

/** Every code is public API: never renamed or reused once released. */
export const ERROR_CODES = {
  BAD_REQUEST: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'A value in the request is malformed.',
  },
  USAGE: { ...usage, status: 400, legacyType: 'ValueError', meaning: 'The command line is wrong.' },
  CONFIG_INVALID: {
    ...usage,
    status: 500,
    legacyType: 'ValueError',
    meaning: 'A flag, environment variable or configuration file holds a value that cannot be used.',
  },
  REQUEST_INVALID: {
    ...usage,
    status: 422,
    legacyType: 'ValidationError',
    meaning: 'The body or query does not match the documented shape.',
  },
  MANIFEST_INVALID: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'The job manifest breaks a rule; the message names file, line and field.',
  },
  MANIFEST_NOT_FOUND: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'There is no manifest where one was looked for.',
  },
  SECRET_FILE_INVALID: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'A secret env file is missing or cannot be parsed.',
  },
  VERSION_INVALID: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'A version is not of the form X.Y.Z[-label].',
  },
  BUILD_CONTEXT_INVALID: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'The uploaded build context is not a safe archive.',
  },
  SOURCE_REFUSED: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning:
      'The git remote is of a kind that this server does not fetch from, or secrets would reach code that whoever gave them did not choose.',
  },
  TEMPLATE_INVALID: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'The template of a Dockerfile cannot be rendered; the message names file, line and column.',
  },
  BODY_TOO_LARGE: {
    ...usage,
    status: 413,
    legacyType: 'ValueError',
    meaning: 'The request body exceeds the limit.',
  },
  NOT_AUTHENTICATED: {
    ...denied,
    status: 401,
    legacyType: 'UnauthorizedError',
    meaning: 'No token was sent, or it is unknown, revoked or expired.',
  },
  PERMISSION_DENIED: {
    ...denied,
    status: 401,
    legacyType: 'UnauthorizedError',
    meaning: 'The token is valid, but no permission covers the operation.',
  },
  JOB_NOT_FOUND: {
    ...conflict,
    status: 404,
    legacyType: 'EntityNotFound',
    meaning: 'No job has this name and version, or no version matches the alias.',
  },
  VERSION_NOT_RUNNING: {
    ...conflict,
    status: 409,
    legacyType: 'ValueError',
    meaning: 'No instance of this version can be called, so that no alias can be made to stand for it.',
  },
  DEPLOYMENT_NOT_FOUND: {
    ...conflict,
    status: 404,
    legacyType: 'EntityNotFound',
    meaning: 'No deployment has this id.',
  },
  NOT_FOUND: {
    ...conflict,
    status: 404,
    legacyType: 'EntityNotFound',
    meaning: 'The thing named in the path does not exist.',
  },
  ROUTE_NOT_FOUND: {
    ...conflict,
    status: 404,
    legacyType: 'EntityNotFound',
    meaning: 'No route has this path.',
  },
  METHOD_NOT_ALLOWED: {
    ...usage,
    status: 405,
    legacyType: 'ValueError',
    meaning: 'The route exists, but not for this method.',
  },
  JOB_VERSION_EXISTS: {
    ...conflict,
    status: 409,
    legacyType: 'AlreadyExists',
    meaning: 'This version of the job was deployed before.',
  },
  JOB_VERSION_RETIRED: {
    ...conflict,
    status: 409,
    legacyType: 'AlreadyExists',
    meaning: 'This version was deployed and deleted; it cannot be claimed again without --force.',
  },
  DEPLOYMENT_IN_PROGRESS: {
    ...conflict,
    status: 409,
    legacyType: 'AlreadyExists',
    meaning:
      'A deployment under way needs what this would change; wait for its end, or cancel it, and ask again.',
  },
  ALREADY_EXISTS: {
    ...conflict,
    status: 409,
    legacyType: 'AlreadyExists',
    meaning: 'Something with this identity exists already.',
  },
  LAST_ADMINISTRATOR: {
    ...conflict,
    status: 409,
    legacyType: 'AlreadyExists',
    meaning: 'Nobody would be left who can administer the platform.',
  },
  JOB_TYPE_UNKNOWN: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'No installed plugin provides the requested job type.',
  },
  TARGET_UNAVAILABLE: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'The infrastructure target is not installed, or several are and none was chosen.',
  },
  SYSTEM_PACKAGES_MISSING: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning:
      'The machine that the job is built on does not have its `system_dependencies`; the message names them.',
  },
  SOURCE_UNAVAILABLE: {
    ...failed,
    status: 400,
    legacyType: 'RuntimeError',
    meaning: 'The source could not be fetched: repository, branch, directory or credentials.',
  },
  BUILD_FAILED: {
    ...failed,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'A build step failed; the build log holds its output.',
  },
  BUILD_CONTEXT_LOST: {
    ...failed,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'The files of a deployment were uploaded to a machine that is gone; another one took it over.',
  },
  INSTANCE_ELSEWHERE: {
    ...unavailable,
    status: 503,
    legacyType: 'RuntimeError',
    meaning: 'The job runs on another machine, whose own lifecycle has to be asked.',
  },
  BUILD_LIMIT_EXCEEDED: {
    ...failed,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'A build needed more time, memory, processes, disk or output than it may use, and was ended.',
  },
  DEPLOYMENT_CANCELLED: {
    ...failed,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'Somebody cancelled the deployment before it was published.',
  },
  DEPLOYMENT_NOT_CANCELLABLE: {
    ...conflict,
    status: 409,
    legacyType: 'AlreadyExists',
    meaning: 'The deployment is over, or already published: there is nothing left to cancel.',
  },
  LAUNCH_FAILED: {
    ...failed,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'The infrastructure target could not start the instance.',
  },
  JOB_NOT_READY: {
    ...failed,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'The instance started, but did not become ready; its last log lines follow.',
  },
  DEPLOYMENT_FAILED: {
    ...failed,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'The deployment ended as failed; the message holds the cause.',
  },
  DEPLOYMENT_INTERRUPTED: {
    ...failed,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'The deployment was cut off by a restart and could not be continued.',
  },
  PLUGIN_INVALID: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'A plugin package breaks a rule; the message names every file, line and field.',
  },
  PLUGIN_REQUIREMENTS: {
    ...usage,
    status: 400,
    legacyType: 'RuntimeError',
    meaning: 'What a Python plugin requires could not be installed; the message ends with what pip said.',
  },
  PLUGIN_INCOMPATIBLE: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'A plugin was made for other versions of Racetrack than this one.',
  },
  PLUGIN_SOURCE_INVALID: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'What a plugin is to be installed from is no file, URL or repository that may be used.',
  },
  PLUGIN_SOURCE_NOT_FOUND: {
    ...conflict,
    status: 404,
    legacyType: 'EntityNotFound',
    meaning: 'The file, repository, release or version that a plugin is to be installed from does not exist.',
  },
  PLUGIN_SOURCE_FAILED: {
    ...unavailable,
    status: 502,
    legacyType: 'RuntimeError',
    meaning: 'A plugin could not be downloaded: the other server failed, refused or answered nonsense.',
  },
  PLUGIN_FAILED: {
    exitCode: EXIT_CODES.failure,
    retryable: false,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'A plugin raised an error or broke its contract.',
  },
  PLUGIN_UNAVAILABLE: {
    ...unavailable,
    status: 503,
    legacyType: 'RuntimeError',
    meaning: 'The plugin host is not running or did not answer in time.',
  },
  MAINTENANCE: {
    ...unavailable,
    status: 503,
    legacyType: 'RuntimeError',
    meaning: 'The platform is in maintenance mode.',
  },
  SERVER_BUSY: {
    ...unavailable,
    status: 503,
    legacyType: 'RuntimeError',
    meaning: 'The server takes no further work of this kind for now.',
  },
  TOO_MANY_ATTEMPTS: {
    ...unavailable,
    status: 429,
    legacyType: 'RuntimeError',
    meaning: 'There were too many wrong attempts, such as to sign in; some time has to pass.',
  },
  SERVER_UNREACHABLE: {
    ...unavailable,
    status: 503,
    legacyType: 'RuntimeError',
    meaning: 'The CLI got no answer from the server.',
  },
  UPSTREAM_UNAVAILABLE: {
    ...unavailable,
    status: 502,
    legacyType: 'RuntimeError',
    meaning: 'The job could not be reached, or broke off before it answered.',
  },
  UPSTREAM_TIMEOUT: {
    ...unavailable,
    status: 504,
    legacyType: 'RuntimeError',
    meaning: 'The job did not answer within the limit.',
  },
  FEED_UNAVAILABLE: {
    ...unavailable,
    status: 503,
    legacyType: 'RuntimeError',
    meaning: 'Pub has no routing tables yet: it has never been connected to lifecycle.',
  },
  DISK_FULL: {
    ...unavailable,
    status: 507,
    legacyType: 'RuntimeError',
    meaning: 'The disk of the server has no room left; nothing that was acknowledged is lost.',
  },
  KEY_MISMATCH: {
    exitCode: EXIT_CODES.failure,
    retryable: false,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'The key does not fit the store, so the server refuses to start.',
  },
  KEY_NOT_REPLACEABLE: {
    ...conflict,
    status: 409,
    legacyType: 'RuntimeError',
    meaning:
      'The key cannot be replaced by this server now: it is another one by now, comes from outside, or others use it too.',
  },
  DATA_DIR_IN_USE: {
    exitCode: EXIT_CODES.notFoundOrConflict,
    retryable: true,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'Another server holds the data directory.',
  },
  DATA_DIR_UNUSABLE: {
    exitCode: EXIT_CODES.failure,
    retryable: false,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'The data directory cannot be written, or holds files that are not safe to use.',
  },
  PORT_IN_USE: {
    ...unavailable,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'A port that the server needs is taken.',
  },
  STORE_UNAVAILABLE: {
    ...unavailable,
    status: 503,
    legacyType: 'RuntimeError',
    meaning: 'The database cannot be reached, is locked by another program, or has no room left.',
  },
  STORE_CORRUPT: {
    exitCode: EXIT_CODES.failure,
    retryable: false,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'The database file is damaged, or is no database.',
  },
  STORE_NEWER: {
    exitCode: EXIT_CODES.failure,
    retryable: false,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'The store was written by a newer release than this program.',
  },
  STORE_NOT_EMPTY: {
    ...conflict,
    status: 409,
    legacyType: 'AlreadyExists',
    meaning: 'An export can only be imported into a store without data.',
  },
  STORE_EXPORT_INVALID: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'A store or file does not fit: no whole export that this release can read or write.',
  },
  BACKUP_INVALID: {
    ...usage,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'A file is no whole, unaltered backup that this release can restore.',
  },
  PASSPHRASE_WRONG: {
    ...denied,
    status: 400,
    legacyType: 'ValueError',
    meaning: 'The passphrase does not open the keys in the backup.',
  },
  UID_RANGE_EXHAUSTED: {
    ...unavailable,
    status: 503,
    legacyType: 'RuntimeError',
    meaning: 'Every user id set aside for jobs on this host is in use.',
  },
  NOT_SUPPORTED: {
    exitCode: EXIT_CODES.failure,
    retryable: false,
    status: 501,
    legacyType: 'RuntimeError',
    meaning: 'The operation is not offered here.',
  },
  INTERNAL: {
    exitCode: EXIT_CODES.failure,
    retryable: false,
    status: 500,
    legacyType: 'RuntimeError',
    meaning: 'A fault of the platform; the server log has the details under the request id.',
  },
} as const satisfies Record<string, ErrorTraits>;

/** A stable name of an expected failure. */
export type ErrorCode = keyof typeof ERROR_CODES;
