export * from './constants.ts';
export {
  auditEventDtoSchema,
  changePasswordPayloadSchema,
  infoDtoSchema,
  loginPayloadSchema,
  pluginManifestDtoSchema,
  userProfileDtoSchema,
  wireErrorSchema,
  type AuditEventDto,
  type ChangePasswordPayload,
  type InfoDto,
  type LoginPayload,
  type PluginManifestDto,
  type UserProfileDto,
} from './api/account-dto.ts';
export {
  buildLogSliceDtoSchema,
  DEPLOYMENT_PHASES,
  deploymentDtoSchema,
  deploymentRequestedDtoSchema,
  deploymentStatusSchema,
  deployPayloadSchema,
  type BuildLogSliceDto,
  type DeploymentDto,
  type DeploymentPhase,
  type DeploymentRequestedDto,
  type DeploymentStatus,
  type DeployPayload,
} from './api/deployment-dto.ts';
export {
  jobDtoSchema,
  jobStatusSchema,
  logsDtoSchema,
  type JobDto,
  type JobStatus,
  type LogsDto,
} from './api/job-dto.ts';
export {
  findGrant,
  findScopeGrant,
  isPublicEndpoint,
  normalizeEndpoint,
  type Resource,
} from './authorization/is-allowed.ts';
export { permissionSchema, type Permission } from './authorization/permission.ts';
export {
  DEFAULT_USER_SCOPES,
  OWNER_SCOPES,
  SCOPES,
  scopeSchema,
  type Scope,
} from './authorization/scopes.ts';
export {
  buildEventSchema,
  buildLimitsSchema,
  buildRequestSchema,
  buildResultSchema,
  buildStepSchema,
  nativePlanSchema,
  runSpecSchema,
  sourceSpecSchema,
  type BuildEvent,
  type BuildLimits,
  type BuildRequest,
  type BuildResult,
  type BuildStep,
  type NativePlan,
  type RunSpec,
  type SourceSpec,
} from './build/build-protocol.ts';
export { addressSchema, type Address } from './feed/address.ts';
export {
  callStatsSchema,
  feedMessageSchema,
  pubMessageSchema,
  type CallStats,
  type FeedMessage,
  type PubMessage,
} from './feed/feed-protocol.ts';
export {
  feedRecordSchema,
  jobRouteSchema,
  routedInstanceSchema,
  settingRecordSchema,
  subjectRecordSchema,
  tokenRecordSchema,
  type FeedKind,
  type FeedRecord,
  type JobRoute,
  type RoutedInstance,
  type SettingRecord,
  type SubjectRecord,
  type TokenRecord,
} from './feed/feed-records.ts';
