/** What would end a part of an address early, or be dropped from it without a word. */
const PART_BREAKERS = /[/\\?#\p{Cc}]/u;
const PATH_BREAKERS = /[\\\p{Cc}]/u;
const PERCENT_CODE = /%([0-9a-f]{2})/gi;

/**
 * The address of another job's endpoint below `/job/`. Nothing in it leads out of the job that it names: it is called with
 * this job's token.
 *
 * @param path - of the endpoint, with its query if it has one.
 * @throws TypeError
 */
export function composeJobAddress(name: string, version: string, path: string): string {
  return `${encodePart(name, 'the name')}/${encodePart(version, 'the version')}/${checkPath(path)}`;
}

function encodePart(part: unknown, what: string): string {
  if (typeof part !== 'string' || part === '') throw refuse(what, part, 'is empty or no text');
  const plain = decode(part);
  if (plain === '.' || plain === '..' || PART_BREAKERS.test(plain)) {
    throw refuse(what, part, 'may hold no /, \\, ?, # or control character, and be neither . nor ..');
  }
  return encodeURIComponent(part);
}

function checkPath(given: string): string {
  const path = given.replace(/^\/+/, '');
  const plain = decode(path.replace(/[?#].*$/s, ''));
  if (PATH_BREAKERS.test(plain)) {
    throw refuse('the path', given, String.raw`may hold no \ and no control character`);
  }
  if (plain.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw refuse('the path', given, 'may hold no segment . or ..');
  }
  return path;
}

/** Without percent codes, and without those that come to light when others are gone. */
function decode(text: string): string {
  const plain = text.replace(PERCENT_CODE, (_code, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return plain === text ? text : decode(plain);
}

function refuse(what: string, value: unknown, rule: string): TypeError {
  return new TypeError(`callJob: ${what} of the job to call ${rule}: ${JSON.stringify(value)}`);
}
