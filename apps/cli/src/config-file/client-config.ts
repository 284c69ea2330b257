import { DEFAULT_PORTS } from '@racetrack-platform/contracts';
import { z } from 'zod';

const textMap = z.record(z.string(), z.string());

function orDefault<Schema extends z.ZodType>(schema: Schema, fallback: z.output<Schema>) {
  return schema.nullish().transform((value) => value ?? fallback);
}

/**
 * The file `~/.racetrack/config.yaml`: the keys and types of the original client, which may share it. Further keys are
 * kept as they are.
 */
export const clientConfigSchema = z.looseObject({
  /** The current remote, verbatim: URL or alias. */
  lifecycle_url: orDefault(z.string(), `http://127.0.0.1:${DEFAULT_PORTS.lifecycle}`),
  /** Alias to URL. */
  lifecycle_url_aliases: orDefault(textMap, {}),
  /** Resolved lifecycle URL to token. */
  user_auths: orDefault(textMap, {}),
  /** Repository URL or host to credentials. */
  git_credentials: orDefault(
    z.record(z.string(), z.object({ username: z.string(), password: z.string() })),
    {},
  ),
});
export type ClientConfig = z.infer<typeof clientConfigSchema>;
