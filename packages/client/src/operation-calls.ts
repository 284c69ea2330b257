import {
  auditLogPageDtoSchema,
  maintenanceDtoSchema,
  publicEndpointRequestDtoSchema,
  type AuditLogPageDto,
  type MaintenanceDto,
  type PublicEndpointRequestDto,
} from '@racetrack-platform/contracts';
import { z } from 'zod';
import { encodePath } from './encode-path.ts';
import { encodeQuery } from './encode-query.ts';

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Which entries of the audit log; what is left out narrows nothing. */
export interface AuditQuery {
  /** Name of the one who did it. */
  readonly actor?: string | undefined;
  /** Name of the one it was done to. */
  readonly subject?: string | undefined;
  /** Event type, such as `job_deleted`. */
  readonly type?: string | undefined;
  /** `NAME` or `NAME/VERSION`. */
  readonly job?: string | undefined;
  /** Seconds since the epoch, or a time such as `2026-11-21T20:00:00Z`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Maintenance mode, the audit log and public endpoints, mostly not offered by servers of the original. */
export interface OperationCalls {
  getMaintenance(options?: CallOptions): Promise<MaintenanceDto>;
  setMaintenance(wanted: MaintenanceDto, options?: CallOptions): Promise<MaintenanceDto>;
  /**
   * One page, the newest first.
   *
   * @param cursor - of the page before.
   */
  readAuditLog(
    query: AuditQuery & { readonly limit: number; readonly cursor?: string | undefined },
    options?: CallOptions,
  ): Promise<AuditLogPageDto>;
  /** All entries as one text, for staff. */
  exportAuditLog(
    query: AuditQuery & { readonly format: 'jsonl' | 'csv' },
    options?: CallOptions,
  ): Promise<string>;
  /** All that manifests ask for, open and closed; for staff. */
  listPublicEndpoints(options?: CallOptions): Promise<PublicEndpointRequestDto[]>;
  /** @param version - exact. */
  changePublicEndpoint(
    name: string,
    version: string,
    change: Pick<PublicEndpointRequestDto, 'endpoint' | 'active' | 'for_family'>,
    options?: CallOptions,
  ): Promise<PublicEndpointRequestDto>;
  /** Closes an endpoint at all versions of a family, and at those to come. */
  withdrawFamilyEndpoint(family: string, endpoint: string, options?: CallOptions): Promise<void>;
}

interface OperationRequest {
  readonly path: string;
  readonly method?: 'GET' | 'PUT' | 'DELETE';
  readonly body?: string;
  readonly timeoutMs?: number;
}

type Read = <T>(schema: z.ZodType<T>, request: OperationRequest, options?: CallOptions) => Promise<T>;
type Request = (request: OperationRequest, options?: CallOptions) => Promise<{ readonly text: string }>;

/** A log of years is long. */
const EXPORT_TIMEOUT_MS = 3_600_000;
const MAINTENANCE = '/settings/maintenance';

/**
 * @param read - sends a request and checks the answer.
 * @param request - sends a request, and answers what came as it is.
 */
export function createOperationCalls(read: Read, request: Request): OperationCalls {
  return {
    getMaintenance: (options) => read(maintenanceDtoSchema, { path: MAINTENANCE }, options),
    setMaintenance: (wanted, options) =>
      read(maintenanceDtoSchema, { path: MAINTENANCE, method: 'PUT', body: JSON.stringify(wanted) }, options),
    readAuditLog: (query, options) =>
      read(auditLogPageDtoSchema, { path: `/audit/log${encodeQuery({ ...query })}` }, options),
    async exportAuditLog(query, options) {
      const path = `/audit/export${encodeQuery({ ...query })}`;
      return (await request({ path, timeoutMs: EXPORT_TIMEOUT_MS }, options)).text;
    },
    listPublicEndpoints: (options) =>
      read(z.array(publicEndpointRequestDtoSchema), { path: '/public-endpoints' }, options),
    changePublicEndpoint: (name, version, change, options) => {
      const path = encodePath('job', name, version, 'public-endpoints');
      const body = JSON.stringify(change);
      return read(publicEndpointRequestDtoSchema, { path, method: 'PUT', body }, options);
    },
    async withdrawFamilyEndpoint(family, endpoint, options) {
      const path = `${encodePath('public-endpoints', 'families', family)}${encodeQuery({ endpoint })}`;
      await request({ path, method: 'DELETE' }, options);
    },
  };
}
