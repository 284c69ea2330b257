/*
 * What the processes of the platform know of each other. Apart from the API's many schemas, so that a process that
 * answers none of it (pub, a plugin host, the launcher) need not load and build them when it starts.
 */
export {
  createProxyTrust,
  findClientAddress,
  findForwardedChain,
  isAddressRange,
  type ProxyTrust,
} from './addresses/client-address.ts';
export * from './constants.ts';
export {
  MAINTENANCE_MESSAGE,
  MAINTENANCE_MODE,
  MAINTENANCE_TEXT,
  readMaintenance,
  type Maintenance,
} from './maintenance.ts';
export {
  findGrant,
  findScopeGrant,
  isPublicEndpoint,
  isUnbound,
  normalizeEndpoint,
  type Resource,
} from './authorization/is-allowed.ts';
export {
  formatGrantCommand,
  formatSubjectRef,
  parseCaller,
  parseSubjectRef,
  type SubjectRef,
} from './authorization/subject-ref.ts';
export { permissionSchema, type Permission } from './authorization/permission.ts';
export {
  ADMINISTRATOR_SCOPES,
  DEFAULT_USER_SCOPES,
  OWNER_SCOPES,
  PLATFORM_SCOPES,
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
export {
  renderAnswerSchema,
  renderRequestSchema,
  type ImageDefinition,
  type RenderAnswer,
  type RenderedImage,
  type RenderRequest,
} from './build/render-protocol.ts';
export { addressSchema, type Address } from './feed/address.ts';
export { adviseOnJobError } from './instances/advise-on-job-error.ts';
export { nameJobData } from './instances/job-data-name.ts';
export {
  callEdgeStatsSchema,
  callStatsSchema,
  feedMessageSchema,
  pubMessageSchema,
  type CallEdgeStats,
  type CallStats,
  type FeedMessage,
  type PubMessage,
} from './feed/feed-protocol.ts';
export {
  feedRecordSchema,
  jobRouteSchema,
  pinRecordSchema,
  routedInstanceSchema,
  settingRecordSchema,
  subjectRecordSchema,
  tokenRecordSchema,
  type FeedKind,
  type FeedRecord,
  type JobRoute,
  type PinRecord,
  type RoutedInstance,
  type SettingRecord,
  type SubjectRecord,
  type TokenRecord,
} from './feed/feed-records.ts';
