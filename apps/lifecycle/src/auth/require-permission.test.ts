import { describe, expect, test } from 'vitest';
import type { Permission } from '@racetrack-platform/contracts';
import type { AuthenticatedSubject } from './authenticated-subject.ts';
import {
  requireAdministrator,
  requireJobScope,
  requireScope,
  requireStaff,
  requireUser,
} from './require-permission.ts';

function buildSubject(change: Partial<AuthenticatedSubject> = {}): AuthenticatedSubject {
  return {
    subjectId: 's-1',
    kind: 'user',
    name: 'bob',
    caller: 'User bob',
    isStaff: false,
    permissions: [],
    tokenId: 't-1',
    ...change,
  };
}

const readAll: Permission = { scope: 'read_job', family: null, jobId: null, endpoint: null };
const job = { family: 'adder', jobId: 'j-1', version: '1.0.0' };

function denied(message: string, hint: string) {
  return expect.objectContaining({ code: 'PERMISSION_DENIED', message, hint: expect.stringContaining(hint) });
}

describe('requireScope', () => {
  test('is content with any grant of the scope, whatever it is bound to', () => {
    const subject = buildSubject({ permissions: [{ ...readAll, family: 'adder' }] });

    expect(() => requireScope(subject, 'read_job')).not.toThrow();
  });

  test('says which scope is missing, and to whom', () => {
    expect(() => requireScope(buildSubject(), 'call_admin_api')).toThrow(
      denied(
        'permission scope "call_admin_api" is required to do this operation: ' +
          'auth subject "User bob" does not have permission with scope "call_admin_api"',
        'racetrack permission grant user:bob call_admin_api',
      ),
    );
  });
});

describe('requireJobScope', () => {
  test('is content with a grant on this job, and with none on another of the same version', () => {
    const own = buildSubject({ permissions: [{ ...readAll, jobId: 'j-1' }] });
    const foreign = buildSubject({ permissions: [{ ...readAll, jobId: 'j-2' }] });

    expect(() => requireJobScope(own, 'read_job', job)).not.toThrow();
    expect(() => requireJobScope(foreign, 'read_job', job)).toThrow(expect.anything());
  });

  test('says which grant is missing on which job', () => {
    expect(() => requireJobScope(buildSubject(), 'delete_job', job)).toThrow(
      denied(
        'no permission to do this operation: auth subject "User bob" ' +
          'does not have permission to access resource "adder v1.0.0" with scope "delete_job"',
        'racetrack permission grant user:bob delete_job --job adder/1.0.0',
      ),
    );
  });

  test('leaves the version empty where there is none', () => {
    expect(() =>
      requireJobScope(buildSubject(), 'deploy_job', { ...job, jobId: null, version: null }),
    ).toThrow(
      denied(
        'no permission to do this operation: auth subject "User bob" ' +
          'does not have permission to access resource "adder v" with scope "deploy_job"',
        'racetrack permission grant user:bob deploy_job --family adder',
      ),
    );
  });
});

test('the hint to a denial does not tell whether the job exists', () => {
  const hintOf = (jobId: string | null, version: string) => {
    try {
      requireJobScope(buildSubject(), 'read_job', { family: 'adder', jobId, version });
      return undefined;
    } catch (error) {
      return (error as { hint?: string }).hint;
    }
  };

  expect(hintOf('j-1', '1.0.0')).toBe(hintOf(null, '1.0.0'));
  expect(hintOf('j-1', 'latest')).toMatch(/ read_job --family adder$/);
});

describe('requireAdministrator', () => {
  test('is content with staff, and with the scope on everything', () => {
    const admin = buildSubject({ permissions: [{ ...readAll, scope: 'call_admin_api' }] });

    expect(() => requireAdministrator(buildSubject({ isStaff: true }))).not.toThrow();
    expect(() => requireAdministrator(admin)).not.toThrow();
  });

  test('takes full access to one family for no administration', () => {
    const owner = buildSubject({ permissions: [{ ...readAll, scope: 'full_access', family: 'adder' }] });

    expect(() => requireAdministrator(owner)).toThrow(denied(expect.any(String), 'call_admin_api'));
  });
});

describe('requireUser and requireStaff', () => {
  test('refuse other kinds of subject', () => {
    const esc = buildSubject({ kind: 'esc', name: 'shop', caller: 'ESC shop', isStaff: false });
    const text =
      'wrong subject type to do this operation: ' +
      `auth subject type "esc" is not one of required types: ['user']`;

    expect(() => requireUser(esc)).toThrow(denied(text, 'Log in as a user'));
    expect(() => requireStaff(esc)).toThrow(denied(text, 'Log in as a user'));
  });

  test('tell staff from other users', () => {
    expect(() => requireUser(buildSubject())).not.toThrow();
    expect(() => requireStaff(buildSubject({ isStaff: true }))).not.toThrow();
    expect(() => requireStaff(buildSubject())).toThrow(denied('User bob is not a staff member', 'bob'));
  });
});
