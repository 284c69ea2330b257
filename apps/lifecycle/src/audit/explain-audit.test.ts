import { describe, expect, test } from 'vitest';
import type { AuditEventDto } from '@racetrack-platform/contracts';
import { explainAudit } from './explain-audit.ts';
import { sayTimeAgo } from './time-ago.ts';

const event: AuditEventDto = {
  id: 'e-1',
  version: 1,
  timestamp: 0,
  event_type: 'job_deployed',
  properties: {},
  username_executor: 'bob',
  username_subject: 'eve',
  job_name: 'adder',
  job_version: '1.0.0',
};
const plugin = { plugin_name: 'p', plugin_version: '2.0.0' };

describe('explainAudit', () => {
  test.each<[Partial<AuditEventDto>, string]>([
    [{}, 'Job adder 1.0.0 deployed by bob'],
    [{ event_type: 'job_redeployed' }, 'Job adder 1.0.0 (owned by eve) redeployed by bob'],
    [
      { event_type: 'job_redeployed', properties: { kind: 'reprovision' } },
      'Job adder 1.0.0 (owned by eve) reprovisioned by bob',
    ],
    [{ event_type: 'user_changed' }, 'User eve changed by bob'],
    [
      { event_type: 'user_changed', properties: { change: 'activated and made staff' } },
      'User eve activated and made staff by bob',
    ],
    [{ event_type: 'job_deleted' }, 'Job adder 1.0.0 (owned by eve) deleted by bob'],
    [{ event_type: 'job_deleted', username_subject: null }, 'Job adder 1.0.0  deleted by bob'],
    [{ event_type: 'job_moved' }, 'Job adder 1.0.0 (owned by eve) moved by bob'],
    [{ event_type: 'deployment_failed' }, 'Failed deployment of a job adder 1.0.0, attempted by bob'],
    [{ event_type: 'plugin_installed', properties: plugin }, 'Plugin p 2.0.0 installed by bob'],
    [{ event_type: 'plugin_uninstalled', properties: plugin }, 'Plugin p 2.0.0 uninstalled by bob'],
    [{ event_type: 'version_pinned', properties: { pattern: '1.x' } }, '1.x pinned to adder 1.0.0 by bob'],
    [
      {
        event_type: 'permission_granted',
        job_version: null,
        properties: { scope: 'call_job', endpoint: '/a' },
      },
      'Permission call_job on adder /a granted to eve by bob',
    ],
    [{ event_type: 'sign_in_refused', username_executor: null }, 'Sign-in as eve refused'],
    [{ event_type: 'keys_rotated', username_executor: null }, 'Keys rotated by the platform'],
    [
      { event_type: 'record_deleted', properties: { table: 'auth_user', id: 7 } },
      'Record auth_user 7 deleted by bob',
    ],
    [{ event_type: 'of_a_later_version' }, 'of_a_later_version'],
    [{ event_type: 'constructor' }, 'constructor'],
  ])('tells %j', (change, expected) => {
    expect(explainAudit({ ...event, ...change })).toBe(expected);
  });
});

describe('sayTimeAgo', () => {
  const day = 86_400;

  test.each([
    [-1, ''],
    [0, 'just now'],
    [9, 'just now'],
    [10, '10 seconds ago'],
    [60, 'a minute ago'],
    [120, '2 minutes ago'],
    [3_600, 'an hour ago'],
    [7_200, '2 hours ago'],
    [day, 'yesterday'],
    [2 * day, '2 days ago'],
    [7 * day, 'a week ago'],
    [14 * day, '2 weeks ago'],
    [31 * day, 'a month ago'],
    [60 * day, '2 months ago'],
    [365 * day, 'a year ago'],
    [730 * day, '2 years ago'],
  ])('says %i seconds as %j', (age, expected) => {
    expect(sayTimeAgo(age)).toBe(expected);
  });
});
