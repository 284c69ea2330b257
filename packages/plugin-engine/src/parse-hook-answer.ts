import type { z } from 'zod';
import { parseAnswer } from './call-host.ts';
import { HOOKS, type HookName, type HookResult } from './protocol.ts';

/**
 * Reads what a hook has answered.
 *
 * @throws PlatformError `PLUGIN_FAILED` for an answer of another shape.
 */
export function parseHookAnswer<Name extends HookName>(
  plugin: string,
  name: Name,
  answer: unknown,
): HookResult<Name> {
  // The table pairs each name with its schemas, which the compiler cannot see through the index.
  const schema = HOOKS[name].result as unknown as z.ZodType<HookResult<Name>>;
  return parseAnswer(plugin, name, schema, answer);
}
