import { DISK_FULL_HINT, PlatformError, tellsDiskFull } from '@racetrack-platform/errors';
import type { GitRemote } from './git-remote.ts';

interface FailureRule {
  /** What git says, in English (`LC_ALL=C`). */
  readonly pattern: RegExp;
  readonly present: (
    remote: GitRemote,
    errorOutput: string,
  ) => { readonly message: string; readonly hint: string };
}

const CREDENTIALS_HINT =
  'Store a user name and an access token with the right to read the repository (read_repository): racetrack set credentials REPO_URL USERNAME TOKEN.';

const RULES: readonly FailureRule[] = [
  {
    pattern: /could not read (?:Username|Password)/,
    present: ({ address }) => ({
      message: `no git credentials configured for a repo ${address}: it does not exist or is not public`,
      hint: `Check git.remote. ${CREDENTIALS_HINT}`,
    }),
  },
  {
    pattern: /Authentication failed|returned error: 40[13]/,
    present: (remote) =>
      hasCredentials(remote)
        ? {
            message: `authentication failure: ${remote.address} refuses the stored git credentials`,
            hint: `They may be wrong, expired, or without the right to read. ${CREDENTIALS_HINT}`,
          }
        : {
            message: `no git credentials configured for a repo ${remote.address}: it refuses access without them`,
            hint: CREDENTIALS_HINT,
          },
  },
  {
    pattern: /repository '.*' not found|returned error: 404/,
    present: ({ address }) => ({
      message: `repository not found: ${address}`,
      hint: `Check git.remote. If the repository is private: ${CREDENTIALS_HINT}`,
    }),
  },
  {
    pattern: /dubious ownership/,
    present: ({ address }) => ({
      message: `the local repository ${address} belongs to another user`,
      hint: 'Give the repository to the user that runs the server, or use a copy that belongs to it.',
    }),
  },
  {
    pattern: /not appear to be a git repository|not a git repository|is this a git repository/,
    present: ({ address }) => ({
      message: `not a git repository: ${address}`,
      hint: 'Check git.remote; it is the address that git clone takes.',
    }),
  },
  {
    pattern:
      /SSL_read|SSL_ERROR_SYSCALL|unexpected eof|non-properly terminated|early EOF|unexpected disconnect|hung up unexpectedly|transfer closed|Empty reply|Send failure|Recv failure/i,
    present: ({ address }) => ({
      message: `the server of ${address} broke off the connection`,
      hint: 'Try again; check the network and proxy settings of the server.',
    }),
  },
  {
    pattern: /wrong version number|unknown protocol|packet length too long|unexpected message/,
    present: ({ address }) => ({
      message: `the server of ${address} does not speak TLS`,
      hint: 'Check host and port of git.remote.',
    }),
  },
  {
    pattern: /SSL certificate|certificate verif|server certificate|TLS|gnutls_handshake/,
    present: ({ address }) => ({
      message: `the TLS certificate of ${address} cannot be verified`,
      hint: 'Set GIT_SSL_CAINFO on the server to a file with the certificate authority of that host.',
    }),
  },
  {
    pattern: /Could not resolve host/,
    present: ({ address }) => ({
      message: `host unreachable: the name in ${address} is unknown to the server`,
      hint: 'Check git.remote and the name resolution of the server.',
    }),
  },
  {
    pattern: /Operation too slow|timed out/i,
    present: ({ address }) => ({
      message: `host unreachable: ${address} does not answer in time`,
      hint: 'Try again; check the network and proxy settings of the server.',
    }),
  },
  {
    pattern: /Failed to connect|Could not connect|Connection (?:refused|reset)|Network is unreachable/i,
    present: ({ address }) => ({
      message: `host unreachable: no connection to ${address}`,
      hint: 'Check git.remote, and the network and proxy settings of the server.',
    }),
  },
  {
    pattern: /Maximum \(\d+\) redirects|too many redirects/i,
    present: ({ address }) => ({
      message: `${address} redirects again and again`,
      hint: 'Check git.remote; write the final https address.',
    }),
  },
  {
    pattern: /returned error: 5\d\d/,
    present: ({ address }, text) => ({
      message: `the server of ${address} answers with an error of its own (${/returned error: (5\d\d)/.exec(text)?.[1]})`,
      hint: 'Try again later.',
    }),
  },
  {
    pattern: /not our ref|unadvertised object|remote error: upload-pack/,
    present: ({ address }) => ({
      message: `${address} does not have the commit, or does not hand out single commits`,
      hint: 'Check the commit id (all 40 digits), or use a branch or tag.',
    }),
  },
  {
    pattern: /transport '.*' not allowed|Protocol ".*" (?:not supported|disabled)/,
    present: ({ address }) => ({
      message: `${address} leads to an address that is not https`,
      hint: 'Write the final https address as git.remote.',
    }),
  },
];

/**
 * Explains why git could not reach or fetch a remote.
 *
 * @param errorOutput - what git wrote to standard error.
 */
export function presentGitFailure(errorOutput: string, remote: GitRemote): PlatformError {
  const rule = RULES.find(({ pattern }) => pattern.test(errorOutput));
  if (tellsDiskFull(errorOutput)) {
    return new PlatformError(
      'DISK_FULL',
      `the disk of the server is full, so that ${remote.address} cannot be fetched`,
      {
        hint: DISK_FULL_HINT,
      },
    );
  }
  const { message, hint } = rule?.present(remote, errorOutput) ?? presentUnknown(errorOutput, remote);
  return new PlatformError('SOURCE_UNAVAILABLE', message, { hint });
}

function hasCredentials(remote: GitRemote): boolean {
  return remote.kind === 'https' && remote.credentials !== null;
}

function presentUnknown(errorOutput: string, { address }: GitRemote) {
  const lines = errorOutput.split('\n').filter((line) => line.trim() !== '');
  const reason = lines.findLast((line) => /^(?:fatal|error|remote):/.test(line)) ?? lines.at(-1);
  return {
    message: `${address} cannot be fetched: ${reason ?? 'git gave no reason'}`,
    hint: 'Check that git clone works with this address on another machine.',
  };
}
