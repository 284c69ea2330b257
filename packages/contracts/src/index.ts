export * from './processes.ts';
export {
  auditEventDtoSchema,
  changePasswordPayloadSchema,
  infoDtoSchema,
  loginPayloadSchema,
  userProfileDtoSchema,
  wireErrorSchema,
  type AuditEventDto,
  type ChangePasswordPayload,
  type InfoDto,
  type LoginPayload,
  type UserProfileDto,
} from './api/account-dto.ts';
export { asyncJobCallDtoSchema, type AsyncJobCallDto } from './api/async-call-dto.ts';
export { auditLogPageDtoSchema, type AuditLogEntryDto, type AuditLogPageDto } from './api/audit-dto.ts';
export { jobGraphDtoSchema, type JobGraphDto } from './api/graph-dto.ts';
export {
  orphanDtoSchema,
  orphanListDtoSchema,
  type OrphanDto,
  type OrphanListDto,
} from './api/orphan-dto.ts';
export {
  installPluginPayloadSchema,
  pluginConfigPayloadSchema,
  pluginDtoSchema,
  pluginManifestDtoSchema,
  pluginTreeDtoSchema,
  type PluginDto,
  type PluginManifestDto,
  type PluginTreeDto,
} from './api/plugin-dto.ts';
export { portfolioJobDtoSchema, type PortfolioJobDto } from './api/portfolio-dto.ts';
export {
  countRecordsPayloadSchema,
  listRecordsPayloadSchema,
  recordDtoSchema,
  recordIdsPayloadSchema,
  recordNamesDtoSchema,
  recordsPageDtoSchema,
  recordTableDtoSchema,
  type ListRecordsPayload,
  type RecordDto,
  type RecordNamesDto,
  type RecordsPageDto,
  type RecordTableDto,
  type RecordValue,
} from './api/record-dto.ts';
export { maintenanceDtoSchema, maintenancePayloadSchema, type MaintenanceDto } from './api/setting-dto.ts';
export {
  authTokenDataSchema,
  createEscPayloadSchema,
  createEscTokenPayloadSchema,
  escAuthDataSchema,
  escDtoSchema,
  newTokenDtoSchema,
  rotatedEscDtoSchema,
  rotateEscPayloadSchema,
  tokenTextDtoSchema,
  type AuthTokenData,
  type CreateEscPayload,
  type EscAuthData,
  type EscDto,
  type RotatedEscDto,
  type RotateEscPayload,
} from './api/esc-dto.ts';
export {
  createdTokenDtoSchema,
  createTokenPayloadSchema,
  ownTokenDtoSchema,
  type CreatedTokenDto,
  type CreateTokenPayload,
  type OwnTokenDto,
} from './api/token-dto.ts';
export {
  changeUserPayloadSchema,
  resetPasswordDtoSchema,
  userDtoSchema,
  type ChangeUserPayload,
  type ResetPasswordDto,
  type UserDto,
} from './api/user-dto.ts';
export {
  buildLogSliceDtoSchema,
  DEPLOYMENT_KINDS,
  DEPLOYMENT_PHASES,
  deploymentDtoSchema,
  deploymentRequestedDtoSchema,
  deploymentStatusSchema,
  deployPayloadSchema,
  movePayloadSchema,
  phasePayloadSchema,
  renewalAnswerSchema,
  renewalQuerySchema,
  warningsPayloadSchema,
  type BuildLogSliceDto,
  type DeploymentDto,
  type DeploymentKind,
  type DeploymentPhase,
  type DeploymentRequestedDto,
  type DeploymentStatus,
  type DeployPayload,
} from './api/deployment-dto.ts';
export {
  dockerfileDtoSchema,
  dockerfilePayloadSchema,
  type DockerfileDto,
  type DockerfilePayload,
} from './api/dockerfile-dto.ts';
export {
  editManifestPayloadSchema,
  jobDtoSchema,
  jobStatusSchema,
  logsDtoSchema,
  type JobDto,
  type JobStatus,
  type LogsDto,
} from './api/job-dto.ts';
export {
  keyDtoSchema,
  keyNameSchema,
  rotatedKeyDtoSchema,
  rotateKeyPayloadSchema,
  type KeyDto,
  type RotatedKeyDto,
} from './api/key-dto.ts';
export {
  callPermitDtoSchema,
  explanationDtoSchema,
  explanationQuerySchema,
  familyEndpointDtoSchema,
  jobFamilyDtoSchema,
  permissionDtoSchema,
  permissionPayloadSchema,
  permissionQuerySchema,
  publicEndpointDtoSchema,
  publicEndpointPayloadSchema,
  publicEndpointRequestDtoSchema,
  type CallPermitDto,
  type ExplanationDto,
  type ExplanationQuery,
  type FamilyEndpointDto,
  type JobFamilyDto,
  type PermissionDto,
  type PermissionPayload,
  type PermissionQuery,
  type PublicEndpointDto,
  type PublicEndpointRequestDto,
} from './api/permission-dto.ts';
export { explainDecision, type Explanation } from './authorization/explain-decision.ts';
export { pinDtoSchema, promotePayloadSchema, type PinDto, type PromotePayload } from './api/pin-dto.ts';
