import { toText } from '../codec.ts';
import type { Queryable } from '../store.ts';

export interface BuildLogRepository {
  /** Adds text at the end. One writer at a time: the deployment's driver. */
  append(deploymentId: string, text: string): Promise<void>;
  /** The whole log, or its last `tailLines` lines when positive. */
  read(deploymentId: string, tailLines: number): Promise<string>;
}

/** All SQL on the table `build_log`. */
export function createBuildLogRepository(db: Queryable): BuildLogRepository {
  return {
    async append(deploymentId, text) {
      await db
        .insertInto('build_log')
        .values((eb) => ({
          deployment_id: deploymentId,
          seq: eb
            .selectFrom('build_log')
            .select((inner) => inner.fn.coalesce(inner(inner.fn.max('seq'), '+', 1), inner.lit(0)).as('next'))
            .where('deployment_id', '=', deploymentId),
          text: toText(text),
        }))
        .execute();
    },

    async read(deploymentId, tailLines) {
      const rows = await db
        .selectFrom('build_log')
        .select('text')
        .where('deployment_id', '=', deploymentId)
        .orderBy('seq')
        .execute();
      const text = rows.map((row) => row.text).join('');
      return tailLines > 0 ? lastLines(text, tailLines) : text;
    },
  };
}

function lastLines(text: string, count: number): string {
  const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n');
  return lines.slice(-count).join('\n');
}
