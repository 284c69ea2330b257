import { readFileSync } from 'node:fs';
import path from 'node:path';
import { scrub } from '@racetrack-platform/errors';

/** Variables of the server that hold secrets as a whole. */
const SECRET_VARIABLES = [
  'RACETRACK_ADMIN_PASSWORD',
  'RACETRACK_AUTH_KEY',
  'RACETRACK_SECRETS_KEY',
  'PGPASSWORD',
];

/** What follows a word for a secret, in JSON, in `name=value` and in headers. */
const NAMED_SECRET =
  /((?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|private[_-]?key|authorization|cookie|credential)s?["']?\s*[:=]\s*)(?:(?:bearer|basic)\s+)?("[^"]*"|'[^']*'|[^\s,;}"']+)/gi;

/** Shorter texts are words that occur everywhere; no secret of ours is as short. */
const SHORTEST_SECRET = 5;

/**
 * Makes a function that removes secrets from a text line by line: those that this server knows, those that look like
 * tokens or credentials, and what stands after a word such as `password`.
 *
 * @param dataDir - whose keys are secrets.
 * @param env - whose passwords and keys are.
 */
export function createRedactor(
  dataDir: string,
  env: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const secrets = listSecrets(dataDir, env).filter((secret) => secret.length >= SHORTEST_SECRET);
  return (text) => {
    let redacted = text;
    for (const secret of secrets) redacted = redacted.replaceAll(secret, '***');
    return scrub(redacted).replace(NAMED_SECRET, '$1***');
  };
}

function listSecrets(dataDir: string, env: Readonly<Record<string, string | undefined>>): string[] {
  const fromEnv = SECRET_VARIABLES.map((name) => env[name]?.trim() ?? '');
  const keys = ['auth.key', 'secrets.key'].map((name) => readText(path.join(dataDir, 'keys', name)).trim());
  return [...fromEnv, ...keys, ...passwordOf(env['DATABASE_URL'] ?? '')];
}

function passwordOf(url: string): string[] {
  if (!URL.canParse(url)) return [url];
  const { password } = new URL(url);
  return [password, decode(password)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
