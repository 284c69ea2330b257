import type { HookName } from '@racetrack-platform/plugin-engine';

/**
 * What a hook may take once its process runs, milliseconds; a process that shows no sign of life afterwards is ended. Below
 * what those wait who call it, so that one that hangs is noticed.
 */
export const HOOK_TIMEOUTS_MS: Readonly<Record<HookName, number>> = {
  job_runtime_env_vars: 20_000,
  validate_job_manifest: 15_000,
  post_job_deploy: 20_000,
  post_job_delete: 20_000,
  markdown_docs: 10_000,
  run_action: 300_000,
};
