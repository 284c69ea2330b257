import type { TokenService } from '../auth/token-service.ts';
import type { DeleteJobDeps } from '../jobs/delete-job.ts';
import type { RecordWriter } from './record-writer.ts';
import { createEscWriter, createPermissionWriter, createTokenWriter } from './write-access.ts';
import {
  createAsyncCallWriter,
  createDeploymentWriter,
  createFamilyWriter,
  createJobWriter,
  createPublicEndpointWriter,
  createTrashWriter,
} from './write-jobs.ts';
import { createSettingWriter } from './write-settings.ts';
import { createUserWriter } from './write-users.ts';

export interface RecordWritersDeps extends DeleteJobDeps {
  readonly tokens: TokenService;
}

/** What may be done with the records of each table, by its name. */
export function createRecordWriters(deps: RecordWritersDeps): ReadonlyMap<string, RecordWriter> {
  return new Map([
    ['registry_jobfamily', createFamilyWriter(deps)],
    ['registry_job', createJobWriter(deps)],
    ['registry_deployment', createDeploymentWriter(deps)],
    ['registry_esc', createEscWriter(deps)],
    ['registry_publicendpointrequest', createPublicEndpointWriter(deps)],
    ['registry_trashjob', createTrashWriter(deps)],
    ['registry_auditlogevent', { hint: 'The audit log cannot be changed; that is what it is for.' }],
    ['auth_user', createUserWriter(deps)],
    ['registry_authsubject', { hint: 'Subjects come and go with their user, service or job family.' }],
    ['registry_authtoken', createTokenWriter(deps)],
    ['registry_authresourcepermission', createPermissionWriter(deps)],
    ['registry_setting', createSettingWriter(deps)],
    ['registry_asyncjobcall', createAsyncCallWriter(deps)],
  ]);
}
