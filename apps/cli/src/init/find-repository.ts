import { runGit } from '../git/run-git.ts';

/** What stands for the address of a repository until there is one; the job's name follows. */
export const PLACEHOLDER_REMOTE = 'https://git.example.com/you/';

/** What git knows of a directory. */
export interface Repository {
  /** Address of `origin` as the platform takes it, without credentials; undefined: there is none. */
  readonly remote: string | undefined;
  /** The directory, relative to the root of the repository. */
  readonly directory: string;
  /** Who commits. */
  readonly email: string | undefined;
}

/** Asks git about a directory; what it does not know, or when there is no git, stays undefined. */
export async function findRepository(directory: string, signal: AbortSignal): Promise<Repository> {
  const ask = async (...args: string[]): Promise<string | undefined> => {
    const answer = (await runGit(directory, args, signal))?.trim();
    return answer === '' ? undefined : answer;
  };
  const [origin, prefix, email] = await Promise.all([
    ask('remote', 'get-url', 'origin'),
    ask('rev-parse', '--show-prefix'),
    ask('config', 'user.email'),
  ]);
  const below = prefix?.replace(/\/$/, '');
  return {
    remote: origin === undefined ? undefined : toHttpsRemote(origin),
    directory: below === undefined || below === '' ? '.' : below,
    email,
  };
}

/**
 * The address over HTTPS of what git fetches from, without user and password: the platform takes no other.
 *
 * @param origin - `https://user:token@host/path`, `ssh://git@host/path` or `git@host:path`.
 * @returns undefined for a path of this machine, and anything else.
 */
export function toHttpsRemote(origin: string): string | undefined {
  const short = /^(?:[^@/\s]+@)?([\w.-]+):(?!\/\/)([^\s\\]+)$/.exec(origin);
  const text = short === null ? origin : `ssh://${short[1]}/${short[2]}`;
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, host, pathname } = new URL(text);
  if (hostname === '' || pathname.length < 2) return undefined;
  if (protocol === 'https:') return `https://${host}${pathname}`;
  return protocol === 'ssh:' ? `https://${hostname}${pathname}` : undefined;
}
