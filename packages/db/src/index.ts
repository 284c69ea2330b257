export { fromFlag, fromJson, toFlag, toJson, type Flag } from './codec.ts';
export type * from './database.ts';
export { createBuildLogRepository, type BuildLogRepository } from './repositories/build-log-repository.ts';
export {
  createDeploymentRepository,
  type DeploymentLease,
  type DeploymentRepository,
  type DeploymentRow,
} from './repositories/deployment-repository.ts';
export type { WaitingDeployment } from './repositories/deployment-queue.ts';
export {
  createInstanceRepository,
  splitInstanceIds,
  type InstanceRepository,
  type InstanceRow,
} from './repositories/instance-repository.ts';
export {
  createJobRepository,
  jobNotFound,
  type JobRepository,
  type JobRow,
  type JobUse,
  type WatchedJob,
  type PublicEndpointRequest,
} from './repositories/job-repository.ts';
export { splitMarks, type JobMark, type MarkedJob } from './repositories/job-marks.ts';
export {
  createCallEdgeRepository,
  type CallEdgeRepository,
  type ObservedEdge,
} from './repositories/call-edge-repository.ts';
export {
  createPinRepository,
  type AliasCandidate,
  type NewVersionPin,
  type PinRepository,
  type VersionPin,
} from './repositories/pin-repository.ts';
export { createLeaseRepository, type LeaseRepository } from './repositories/lease-repository.ts';
export {
  createFeedRepository,
  type FeedChange,
  type FeedRepository,
} from './repositories/feed-repository.ts';
export {
  createAuditRepository,
  type AuditEventRow,
  type AuditFilter,
  type AuditPosition,
  type AuditRepository,
  type AuditVisibility,
} from './repositories/audit-repository.ts';
export {
  createAsyncCallRepository,
  decodeAsyncBody,
  type AsyncCallRow,
} from './repositories/async-call-repository.ts';
export { createGraphRepository, type CallGrants, type GraphCaller } from './repositories/graph-repository.ts';
export {
  createRecordRepository,
  primaryKeyOf,
  type RecordFilters,
  type StoredRecord,
  type StoredValue,
} from './repositories/record-repository.ts';
export { createRecordChanges } from './repositories/record-changes.ts';
export { RECORD_TABLES, type RecordColumn, type RecordTable } from './repositories/record-tables.ts';
export { createMetaRepository, type MetaRepository } from './repositories/meta-repository.ts';
export {
  createPermissionRepository,
  type GrantRecord,
  type NewPermission,
  type PermissionRepository,
} from './repositories/permission-repository.ts';
export {
  createPluginRepository,
  type InstalledPlugin,
  type PluginConfigRow,
  type PluginRepository,
  type RemovedPlugin,
} from './repositories/plugin-repository.ts';
export { createSettingRepository, type SettingRepository } from './repositories/setting-repository.ts';
export {
  createSubjectRepository,
  type SubjectIdentity,
  type SubjectRepository,
} from './repositories/subject-repository.ts';
export { createEscRepository, type EscRepository, type EscRow } from './repositories/esc-repository.ts';
export {
  createSealedRepository,
  SEALED_COLUMNS,
  type SealedColumn,
  type SealedRepository,
  type SealedRow,
} from './repositories/sealed-repository.ts';
export {
  createTokenRepository,
  type TokenRepository,
  type TokenRow,
} from './repositories/token-repository.ts';
export {
  createUidRepository,
  UID_RANGE_SIZE,
  type UidAllocationRow,
  type UidRangeRow,
  type UidRepository,
} from './repositories/uid-repository.ts';
export {
  createReplicaRepository,
  type ReplicaFacts,
  type ReplicaRepository,
  type ReplicaRow,
} from './repositories/replica-repository.ts';
export { createOrphanRepository, type OrphanRepository } from './repositories/orphan-repository.ts';
export { createFamilyEndpointRepository } from './repositories/family-endpoint-repository.ts';
export { createDrainRepository, type DrainRepository } from './repositories/drain-repository.ts';
export { createUserRepository, type UserRepository, type UserRow } from './repositories/user-repository.ts';
export type { InstanceHost } from './instance-hosts.ts';
export { inspectStore, type StoreInspection } from './inspect-store.ts';
export { connectStore, migrateStore, openSqliteStore, openStore } from './open-store.ts';
export type { DumpProgress } from './dump/dump-format.ts';
export { exportStore } from './dump/export-store.ts';
export { importStore } from './dump/import-store.ts';
export { settleRestored, type SettledJobs } from './dump/settle-restored.ts';
export { openOriginal, type OriginalDatabase } from './original/open-original.ts';
export { createImportRepository, type ImportRepository } from './repositories/import-repository.ts';
export { readStoreState, type StoreState } from './store-state.ts';
export type { StoreKind } from './schema-writer.ts';
export type { Queryable, Store, StoreTransaction } from './store.ts';
export type { StoreStatistics } from './store-statistics.ts';
export {
  describeStore,
  readStoreOptions,
  type PostgresOptions,
  type SqliteOptions,
  type StoreOptions,
} from './store-options.ts';
