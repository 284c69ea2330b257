/** Somebody who can hold grants, as people write it: `user:alice`, `esc:shop`, `job-family:adder`. */
export interface SubjectRef {
  readonly kind: 'user' | 'esc' | 'job_family';
  /** User name, name or id of an external service, or name of a job family. */
  readonly name: string;
}

const KIND_WORDS = { user: 'user', esc: 'esc', job_family: 'job-family' } as const;
const KINDS: ReadonlyMap<string, SubjectRef['kind']> = new Map([
  ['user', 'user'],
  ['esc', 'esc'],
  ['job-family', 'job_family'],
  // As tokens and the API of Racetrack 2.36 spell it.
  ['job_family', 'job_family'],
]);

/** Reads `KIND:NAME`; `undefined` for anything else. A name may itself contain colons. */
export function parseSubjectRef(text: string): SubjectRef | undefined {
  const colon = text.indexOf(':');
  const kind = KINDS.get(text.slice(0, Math.max(colon, 0)));
  const name = text.slice(colon + 1);
  return kind === undefined || name === '' ? undefined : { kind, name };
}

/** The inverse of {@link parseSubjectRef}. */
export function formatSubjectRef({ kind, name }: SubjectRef): string {
  return `${KIND_WORDS[kind]}:${name}`;
}

const CALLERS: readonly (readonly [string, SubjectRef['kind']])[] = [
  ['User ', 'user'],
  ['ESC ', 'esc'],
  ['Job family ', 'job_family'],
];

/** Reads `User x`, `ESC x` or `Job family x`, as messages and the caller header name somebody. */
export function parseCaller(caller: string): SubjectRef | undefined {
  const word = CALLERS.find(([prefix]) => caller.startsWith(prefix));
  return word && { kind: word[1], name: caller.slice(word[0].length) };
}

/** What a grant is to be narrowed to; all absent: everything. */
export interface GrantTarget {
  readonly family?: string | null | undefined;
  readonly job?: { readonly name: string; readonly version: string } | null | undefined;
  readonly endpoint?: string | null | undefined;
}

/** The command with which an administrator gives a grant, for hints; safe to paste into a POSIX shell. */
export function formatGrantCommand(subject: string, scope: string, target: GrantTarget = {}): string {
  const { family, job, endpoint } = target;
  const words = ['racetrack', 'permission', 'grant', subject, scope];
  if (job) words.push('--job', `${job.name}/${job.version}`);
  else if (family) words.push('--family', family);
  if (endpoint) words.push('--endpoint', endpoint);
  return words.map(quote).join(' ');
}

/** POSIX.1-2017, XCU 2.2.2. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
