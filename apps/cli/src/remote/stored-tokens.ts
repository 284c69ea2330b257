import type { ClientConfig } from '../config-file/client-config.ts';
import { canonicalServer } from './resolve-remote.ts';

/** Finds the stored token of a server: under exactly this URL, else under another way to write it. */
export function findToken(config: ClientConfig, url: string): string | undefined {
  if (Object.hasOwn(config.user_auths, url)) return config.user_auths[url];
  const key = keysOf(config, url)[0];
  return key === undefined ? undefined : config.user_auths[key];
}

/** The configuration with a token stored under this URL and every other way to write it that is there already. */
export function withToken(config: ClientConfig, url: string, token: string): ClientConfig {
  const renewed = Object.fromEntries([url, ...keysOf(config, url)].map((key) => [key, token]));
  return { ...config, user_auths: { ...config.user_auths, ...renewed } };
}

/** The configuration without the token of a server, or undefined when none is stored. */
export function withoutToken(config: ClientConfig, url: string): ClientConfig | undefined {
  const keys = new Set(keysOf(config, url));
  if (keys.size === 0) return undefined;
  const rest = Object.entries(config.user_auths).filter(([key]) => !keys.has(key));
  return { ...config, user_auths: Object.fromEntries(rest) };
}

function keysOf(config: ClientConfig, url: string): string[] {
  const server = canonicalServer(url);
  return Object.keys(config.user_auths).filter((key) => canonicalServer(key) === server);
}
