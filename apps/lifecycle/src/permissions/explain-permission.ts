import {
  ADMINISTRATOR_SCOPES,
  explainDecision,
  findGrant,
  formatGrantCommand,
  formatSubjectRef,
  isPublicEndpoint,
  normalizeEndpoint,
  type Explanation,
  type ExplanationDto,
  type Scope,
} from '@racetrack-platform/contracts';
import {
  createFamilyEndpointRepository,
  createJobRepository,
  createPermissionRepository,
  type GrantRecord,
  type JobRow,
  type Queryable,
  type SubjectIdentity,
} from '@racetrack-platform/db';
import { presentCaller, type AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { isAdministrator } from '../auth/require-permission.ts';
import { resolveJob } from '../jobs/resolve-job.ts';
import { listOpenEndpoints, mayKnowFamily } from './permit-call.ts';
import { presentGrant, sayWhere } from './present-grant.ts';

/** Enough to know whom to ask. */
const GIVERS_SHOWN = 5;
/** More than one subject ever needs; what is beyond is not mentioned as being bound to something else. */
const GRANTS_READ = 100_000;
const GRANTS_MENTIONED = 3;

/** May `subject` use `scope` on this? */
export interface Question {
  readonly asker: AuthenticatedSubject;
  readonly subject: SubjectIdentity;
  readonly scope: Scope;
  /** Without a version: the family, that is also a version to come. */
  readonly job: { readonly name: string; readonly version: string | null } | null;
  /** Null: the job itself. */
  readonly endpoint: string | null;
}

/** What the question is about, with what the asker may know of it. */
interface Place {
  readonly family: string | null;
  readonly jobId: string | null;
  /** The job to name: only an exact version, and only to those who may know it. */
  readonly shown: { readonly name: string; readonly version: string } | null;
  readonly endpoint: string | null;
  readonly openEndpoints: readonly string[];
  /** Who opened the one that it lies at, for those who may know. */
  readonly approval: string | undefined;
  /** Why there is no such job, for those who may know. */
  readonly missing: string | undefined;
}

/** Says which rule allows something, or which grant is missing and who can give it. */
export async function explainPermission(db: Queryable, question: Question): Promise<ExplanationDto> {
  const { subject, scope } = question;
  const permissions = createPermissionRepository(db);
  const grants = await permissions.listRecords({ subjectId: subject.id }, { limit: GRANTS_READ, offset: 0 });
  const place = await findPlace(db, question, grants);
  const { family, jobId, endpoint } = place;
  const explanation = explainDecision({
    permissions: grants,
    scope,
    resource: family === null ? null : { family, jobId, endpoint },
    publicEndpoints: place.openEndpoints,
  });
  const who = formatSubjectRef({
    kind: subject.kind,
    name: subject.kind === 'esc' ? subject.claim : subject.name,
  });
  const base = { subject: who, scope, family, job: place.shown, endpoint, grant: null, missing: null };
  const asked = { ...base, can_be_given_by: [], command: null };
  const isOpen = explanation.rule === 'open_endpoint' || explanation.rule === 'public_endpoint';
  if (!subject.isActive && !isOpen) {
    const reason = `${presentCaller(subject)} is not active: no token of theirs works. An administrator can activate the account.`;
    return { ...asked, allowed: false, rule: 'inactive_subject', reason };
  }
  const reason = sayReason(question, place, explanation);
  if (explanation.rule !== 'no_grant') {
    const grant = explanation.rule === 'grant' ? presentGrant(explanation.grant) : null;
    return { ...asked, allowed: true, rule: explanation.rule, reason, grant };
  }
  const target = { family: place.shown === null ? family : null, job: place.shown, endpoint };
  const givers = await permissions.listGivers(giverScopes(scope), GIVERS_SHOWN);
  return {
    ...asked,
    allowed: false,
    rule: 'no_grant',
    reason,
    missing: { subject: who, scope, ...target },
    can_be_given_by: givers.map(formatSubjectRef),
    command: formatGrantCommand(who, scope, target),
  };
}

async function findPlace(
  db: Queryable,
  { asker, job, scope, endpoint }: Question,
  grants: readonly GrantRecord[],
): Promise<Place> {
  const at = endpoint === null ? null : normalizeEndpoint(endpoint);
  const nowhere = {
    jobId: null,
    shown: null,
    endpoint: at,
    openEndpoints: [],
    approval: undefined,
    missing: undefined,
  };
  if (job === null) return { ...nowhere, family: null };
  const family = job.name;
  if (job.version === null) return { ...nowhere, family };
  const found = await resolveJob(db, job.name, job.version);
  if ('missing' in found) {
    const mayKnow = isAdministrator(asker) || mayKnowFamily(asker, family);
    return { ...nowhere, family, missing: mayKnow ? found.missing.message : undefined };
  }
  const row = found.job;
  return {
    family,
    jobId: row.id,
    shown: mayKnowJob(asker, row, scope, grants) ? { name: row.name, version: row.version } : null,
    endpoint: at,
    openEndpoints: await listOpenEndpoints(db, row.id),
    approval: at === null ? undefined : await describeApproval(db, row, at),
    missing: undefined,
  };
}

/** Who opened the public endpoint that covers this one, and for what; `undefined`: none does. */
async function describeApproval(db: Queryable, job: JobRow, endpoint: string): Promise<string | undefined> {
  const open = await createJobRepository(db).listPublicEndpointRequests({ jobId: job.id, isActive: true });
  const found = open.find((row) => isPublicEndpoint(endpoint, [row.endpoint]));
  if (found === undefined) return undefined;
  const ofFamily = (await createFamilyEndpointRepository(db).list(job.family_id)).find(
    (row) => row.endpoint === normalizeEndpoint(found.endpoint),
  );
  const by = found.approved_by ?? 'an administrator';
  const where = ofFamily === undefined ? 'this version' : `${job.name} and its versions to come`;
  return `it lies at the public endpoint ${found.endpoint}, which ${by} approved for ${where}`;
}

/** Whether the asker may learn that this job exists: administrators, and whoever reads or calls it. */
function mayKnowJob(
  asker: AuthenticatedSubject,
  { name, id }: JobRow,
  scope: Scope,
  grants: readonly GrantRecord[],
): boolean {
  const resource = { family: name, jobId: id, endpoint: null };
  const isKnown = (['read_job', 'call_job'] as const).some(
    (known) => findGrant(asker.permissions, known, resource) !== undefined,
  );
  return isKnown || isAdministrator(asker) || findGrant(grants, scope, resource) !== undefined;
}

function giverScopes(scope: Scope): Scope[] {
  return ADMINISTRATOR_SCOPES.has(scope) ? ['full_access'] : ['call_admin_api', 'full_access'];
}

function sayReason(question: Question, place: Place, explanation: Explanation<GrantRecord>): string {
  const { scope, subject } = question;
  const who = presentCaller(subject);
  const on = sayPlace(question, place);
  const none = place.missing === undefined ? '' : ` But there is none now: ${place.missing}.`;
  switch (explanation.rule) {
    case 'open_endpoint':
      return `Everybody may call ${place.endpoint ?? ''} of every job: probes need no token.`;
    case 'public_endpoint':
      return `Everybody may call${on.replace(' on', '')}: ${place.approval ?? 'it is public'}.`;
    case 'grant':
      return `${who} may ${scope}${on}: ${sayGrant(explanation.grant)}.${none}`;
    case 'no_grant': {
      const near = explanation.elsewhere.slice(0, GRANTS_MENTIONED).map(sayGrant);
      const others = near.length === 0 ? `${who} holds no grant of ${scope}` : near.join('; ');
      return `${who} may not ${scope}${on}: no grant covers it (${others}).${none}`;
    }
  }
}

function sayPlace({ job }: Question, { shown, endpoint, family }: Place): string {
  if (family === null) return '';
  const version = shown?.version ?? job?.version ?? null;
  const name = version === null ? `job family ${family}` : `${family} v${version}`;
  return ` on ${endpoint === null ? '' : `endpoint ${endpoint} of `}${name}`;
}

function sayGrant(grant: GrantRecord): string {
  return `grant ${grant.number ?? grant.id} gives ${grant.scope} on ${sayWhere(grant)}`;
}
