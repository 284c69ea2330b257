import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  MAINTENANCE_MESSAGE,
  MAINTENANCE_MODE,
  MAINTENANCE_TEXT,
  readMaintenance,
  type Maintenance,
} from '@racetrack-platform/contracts';
import { createSettingRepository, type Queryable } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';

/** Reads the settings of maintenance mode. */
export async function findMaintenance(db: Queryable): Promise<Maintenance> {
  const settings = createSettingRepository(db);
  const mode = await settings.find(MAINTENANCE_MODE);
  return readMaintenance(mode, await settings.find(MAINTENANCE_MESSAGE));
}

const tableParams = z.object({ table: z.string() });

interface Refused {
  readonly method: RegExp;
  readonly route: RegExp;
  /** Where only some values of the path's parameter `table` are meant. */
  readonly tables?: ReadonlySet<string>;
}

/** Records of jobs. Those of settings stay open, so that maintenance can be ended; accounts and their grants, too. */
const JOB_TABLES: ReadonlySet<string> = new Set([
  'registry_jobfamily',
  'registry_job',
  'registry_deployment',
  'registry_publicendpointrequest',
  'registry_trashjob',
  'registry_asyncjobcall',
]);

/**
 * What changes jobs, and what pubs of Racetrack 2.36 ask for every call; nothing else is refused meanwhile. A deployment
 * that was accepted before can still be cancelled.
 */
const REFUSED: readonly Refused[] = [
  { method: /^POST$/, route: /^\/api\/v1\/(?:deploy|build)$/ },
  { method: /^DELETE$/, route: /^\/api\/v1\/job\/:[^/]+\/:[^/]+$/ },
  { method: /^POST$/, route: /^\/api\/v1\/job\/:[^/]+\/:[^/]+\/(?:redeploy|reprovision|move|promote)$/ },
  { method: /^(?:POST|DELETE)$/, route: /^\/api\/v1\/job\/:[^/]+\/pins(?:\/|$)/ },
  { method: /^PUT$/, route: /^\/api\/v1\/job\/:[^/]+\/:[^/]+\/manifest$/ },
  { method: /^POST$/, route: /^\/api\/v1\/job\/all\/reconcile$/ },
  { method: /^(?:POST|DELETE)$/, route: /^\/api\/v1\/orphans\/:[^/]+(?:\/adopt)?$/ },
  { method: /./, route: /^\/api\/v1\/job\/async\/call(?:\/:[^/]+)?$/ },
  { method: /./, route: /^\/api\/v1\/auth\/can-call-job(?:\/|$)/ },
  // Not `/list`, `/count` and `/names`, which only read.
  {
    method: /^(?:POST|PUT|DELETE)$/,
    route: /^\/api\/v1\/records\/table\/:table(?:\/id\/:id|\/many)?$/,
    tables: JOB_TABLES,
  },
];

/**
 * Makes the check of a request: in maintenance mode it is refused before anybody looks at its token or body.
 *
 * @returns a function that throws PlatformError `MAINTENANCE`, in the words of Racetrack 2.36 with the administrator's
 *   message as hint.
 */
export function createMaintenanceCheck(db: Queryable): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    if (!REFUSED.some((refused) => matches(refused, request))) return;
    const { isOn, message } = await findMaintenance(db);
    if (!isOn) return;
    throw new PlatformError('MAINTENANCE', MAINTENANCE_TEXT, {
      hint: message ?? 'Wait until an administrator ends it.',
    });
  };
}

function matches(refused: Refused, { method, routeOptions, params }: FastifyRequest): boolean {
  const { url } = routeOptions;
  if (url === undefined || !refused.method.test(method) || !refused.route.test(url)) return false;
  if (refused.tables === undefined) return true;
  const { table } = tableParams.parse(params);
  return refused.tables.has(table);
}
