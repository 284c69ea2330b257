import type { AuditEventDto } from '@racetrack-platform/contracts';

/**
 * Tells an event in one sentence.
 *
 * @returns the bare type for one that this version does not know.
 */
export function explainAudit(event: AuditEventDto): string {
  const job = `${event.job_name ?? ''} ${event.job_version ?? ''}`;
  const owner = event.username_subject === null ? '' : `(owned by ${event.username_subject})`;
  const executor = event.username_executor ?? '';
  const plugin = `${textOf(event.properties['plugin_name'])} ${textOf(event.properties['plugin_version'])}`;
  switch (event.event_type) {
    case 'job_deployed':
      return `Job ${job} deployed by ${executor}`;
    case 'job_redeployed':
      return `Job ${job} ${owner} redeployed by ${executor}`;
    case 'job_deleted':
      return `Job ${job} ${owner} deleted by ${executor}`;
    case 'job_moved':
      return `Job ${job} ${owner} moved by ${executor}`;
    case 'deployment_failed':
      return `Failed deployment of a job ${job}, attempted by ${executor}`;
    case 'deployment_cancelled':
      return `Deployment of a job ${job} cancelled by ${executor}`;
    case 'plugin_installed':
      return `Plugin ${plugin} installed by ${executor}`;
    case 'plugin_uninstalled':
      return `Plugin ${plugin} uninstalled by ${executor}`;
    default:
      return event.event_type;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
