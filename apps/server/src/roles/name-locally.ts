import type { Endpoints } from './child-message.ts';

/**
 * Replaces "every address of this machine" in addresses that people and scripts on this machine will use: one can
 * listen on 0.0.0.0, but not everything can connect to it.
 */
export function nameLocally(endpoints: Endpoints): Endpoints {
  const entries = Object.entries(endpoints).map(([name, url]) => [
    name,
    url.replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]'),
  ]);
  return Object.fromEntries(entries) as Endpoints;
}
