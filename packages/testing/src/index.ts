export { collect } from './collect.ts';
export { createTemporaryDirectory, type TemporaryDirectory } from './temporary-directory.ts';
export {
  describeInfrastructureTarget,
  type InfrastructureTargetHarness,
} from './infrastructure-target-contract.ts';
export { lintDockerfile, listInstructions, renderDockerfile } from './dockerfile/render-dockerfile.ts';
export { requestJob, type JobAnswer } from './request-job.ts';
export { TEST_COMPILE_CACHE_DIR, TEST_JOB_DIR, TEST_JOB_FILE } from './test-job.ts';
export { readFlag, readPage, type CodeBlock, type Page } from './read-page.ts';
export { waitUntil } from './wait-until.ts';
export { startHttpsGitServer, type HttpsGitServer } from './https-git-server.ts';
export {
  makeCertificate,
  startHostileGitServer,
  type Certificate,
  type HostileGitServer,
} from './hostile-git-server.ts';
export { postgresMissing, startPostgres, type PostgresServer } from './postgres.ts';
export { buildConformanceJob, type ConformanceJob } from './wrapper-contract/build-conformance-job.ts';
export { describeWrapper } from './wrapper-contract/describe-wrapper.ts';
export { openRawConnection } from './wrapper-contract/raw-connection.ts';
export { runPlanSteps } from './wrapper-contract/run-plan-steps.ts';
export type {
  StartedWrapper,
  StartOptions,
  WrapperCapabilities,
  WrapperHarness,
} from './wrapper-contract/wrapper-harness.ts';
