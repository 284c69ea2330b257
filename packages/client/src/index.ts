export {
  createClient,
  type CallJobRequest,
  type ClientOptions,
  type LifecycleClient,
  type Renewal,
} from './create-client.ts';
export { encodePath } from './encode-path.ts';
export { errorFromAnswer } from './error-from-answer.ts';
export type { Answer, Exchange, Fetch, FetchAnswer, TransferWatch } from './transport.ts';
export type {
  AccountAnswer,
  DeploymentAnswer,
  ExplanationAnswer,
  InfoAnswer,
  JobAnswer,
  PermissionAnswer,
  PluginAnswer,
  PluginManifestAnswer,
} from './answer-schemas.ts';
