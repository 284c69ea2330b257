import { sql, type RawBuilder } from 'kysely';

/**
 * How a value is stored: as text, time (milliseconds), number, flag, or JSON text; `age`: milliseconds shown as days;
 * `body`: see `async-call-repository.ts`; `secret`: never shown; `absent`: a column of Racetrack 2.36 that has no
 * counterpart here.
 */
export type RecordColumnKind =
  | 'text'
  | 'time'
  | 'number'
  | 'flag'
  | 'json'
  | 'age'
  | 'body'
  | 'secret'
  | 'absent';

/** The literal names of types that clients of Racetrack 2.36 know. */
export type RecordColumnType =
  | 'str'
  | 'str | None'
  | 'int'
  | 'int | None'
  | 'float'
  | 'bool'
  | 'bytes'
  | 'datetime'
  | 'datetime | None';

export interface RecordColumn {
  readonly name: string;
  readonly type: RecordColumnType;
  readonly kind: RecordColumnKind;
  /** Its value in our store. */
  readonly value: RawBuilder<unknown>;
}

/** A table of Racetrack 2.36, made of ours. */
export interface RecordTable {
  readonly className: string;
  readonly tableName: string;
  readonly pluralName: string;
  /** The first of {@link columns}. */
  readonly primaryKey: string;
  readonly mainColumns: readonly string[];
  readonly columns: readonly RecordColumn[];
  readonly foreignKeys: Readonly<Record<string, string>>;
  readonly from: RawBuilder<unknown>;
  /** What people call a record; left out: only its key. */
  readonly title?: RawBuilder<string>;
}

type Source = string | RawBuilder<unknown>;
type Definition = Omit<RecordTable, 'primaryKey' | 'columns' | 'foreignKeys' | 'from'> & {
  readonly foreignKeys?: RecordTable['foreignKeys'];
  readonly from: Source;
  readonly columns: readonly RecordColumn[];
};

function column(name: string, type: RecordColumnType, kind: RecordColumnKind, source: Source): RecordColumn {
  return { name, type, kind, value: typeof source === 'string' ? sql.ref(source) : source };
}

const text = (name: string, source: Source = name) => column(name, 'str', 'text', source);
const maybeText = (name: string, source: Source = name) => column(name, 'str | None', 'text', source);
const time = (name: string, source: Source) => column(name, 'datetime', 'time', source);
const maybeTime = (name: string, source: Source) => column(name, 'datetime | None', 'time', source);
const number = (name: string, source: Source = name) => column(name, 'int', 'number', source);
const maybeNumber = (name: string, source: Source = name) => column(name, 'int | None', 'number', source);
const flag = (name: string, source: Source = name) => column(name, 'bool', 'flag', source);
const json = (name: string, source: Source = name) => column(name, 'str | None', 'json', source);
const body = (name: string) => column(name, 'bytes', 'body', name);
const absent = (name: string, type: RecordColumnType = 'str | None') =>
  column(name, type, 'absent', sql`cast(null as text)`);

function define({ from, foreignKeys = {}, ...definition }: Definition): RecordTable {
  return {
    ...definition,
    foreignKeys,
    primaryKey: definition.columns[0]?.name ?? '',
    from: typeof from === 'string' ? sql.table(from) : from,
  };
}

const FAMILY = 'registry_jobfamily';
const JOB = 'registry_job';
const ESC = 'registry_esc';
const USER = 'auth_user';
const SUBJECT = 'registry_authsubject';

const jobs: readonly RecordTable[] = [
  define({
    className: 'JobFamily',
    tableName: FAMILY,
    pluralName: 'Job Families',
    mainColumns: ['id', 'name'],
    from: 'job_family',
    title: sql`job_family.name`,
    columns: [text('id'), text('name')],
  }),
  define({
    className: 'Job',
    tableName: JOB,
    pluralName: 'Jobs',
    mainColumns: ['id', 'name', 'version', 'status', 'update_time', 'deployed_by'],
    foreignKeys: { family_id: FAMILY },
    from: 'job',
    title: sql`job.name || ' ' || job.version`,
    columns: [
      text('id'),
      text('family_id'),
      text('name'),
      text('version'),
      text('status'),
      time('create_time', 'created_at'),
      time('update_time', 'updated_at'),
      maybeText('manifest', 'manifest_yaml'),
      maybeText(
        'internal_name',
        sql`(select min(instance.id) from instance where instance.deployment_id = job.deployment_id)`,
      ),
      maybeText('error'),
      maybeText('notice'),
      maybeText('image_tag', 'deployment_id'),
      maybeText('deployed_by'),
      maybeTime('last_call_time', 'last_call_at'),
      maybeText('infrastructure_target'),
      absent('replica_internal_names'),
      text('job_type_version'),
      absent('infrastructure_stats'),
    ],
  }),
  define({
    className: 'Deployment',
    tableName: 'registry_deployment',
    pluralName: 'Deployments',
    mainColumns: ['id', 'job_name', 'job_version', 'status', 'create_time', 'deployed_by', 'phase'],
    from: 'deployment',
    columns: [
      text('id'),
      text('status'),
      time('create_time', 'created_at'),
      time('update_time', 'updated_at'),
      text('manifest', 'manifest_yaml'),
      maybeText('error'),
      text('job_name'),
      text('job_version'),
      maybeText('deployed_by'),
      maybeText(
        'build_logs',
        sql`(select string_agg(build_log.text, '' order by build_log.seq) from build_log
          where build_log.deployment_id = deployment.id)`,
      ),
      maybeText('phase'),
      absent('image_name'),
      maybeText('infrastructure_target'),
      maybeText('warnings'),
    ],
  }),
];

const requests: readonly RecordTable[] = [
  define({
    className: 'Esc',
    tableName: ESC,
    pluralName: 'ESCs',
    mainColumns: ['id', 'name'],
    from: 'esc',
    title: sql`esc.name`,
    columns: [text('id'), text('name')],
  }),
  define({
    className: 'PublicEndpointRequest',
    tableName: 'registry_publicendpointrequest',
    pluralName: 'Public Endpoint Requests',
    mainColumns: ['id', 'job_id', 'endpoint', 'active'],
    foreignKeys: { job_id: JOB },
    from: 'public_endpoint',
    columns: [text('id'), text('job_id'), text('endpoint'), flag('active', 'is_active')],
  }),
];

const history: readonly RecordTable[] = [
  define({
    className: 'TrashJob',
    tableName: 'registry_trashjob',
    pluralName: 'Trash Jobs',
    mainColumns: ['id', 'name', 'version', 'status', 'delete_time', 'deployed_by', 'age_days'],
    from: 'trash_job',
    columns: [
      text('id'),
      text('name'),
      text('version'),
      text('status', sql`coalesce(status, '')`),
      time('create_time', 'created_at'),
      time('update_time', 'updated_at'),
      time('delete_time', 'deleted_at'),
      maybeText('manifest', 'manifest_yaml'),
      absent('internal_name'),
      maybeText('error'),
      maybeText('image_tag'),
      maybeText('deployed_by'),
      maybeTime('last_call_time', 'last_call_at'),
      maybeText('infrastructure_target'),
      column('age_days', 'float', 'age', sql`(deleted_at - created_at)`),
    ],
  }),
  define({
    className: 'AuditLogEvent',
    tableName: 'registry_auditlogevent',
    pluralName: 'Audit Log Events',
    mainColumns: ['id', 'timestamp', 'event_type', 'username_executor', 'job_name', 'job_version'],
    from: 'audit_event',
    columns: [
      text('id'),
      number('version', sql`cast(1 as bigint)`),
      time('timestamp', 'created_at'),
      text('event_type'),
      json('properties'),
      maybeText('username_executor'),
      maybeText('username_subject'),
      maybeText('job_name'),
      maybeText('job_version'),
    ],
  }),
];

const accounts: readonly RecordTable[] = [
  define({
    className: 'User',
    tableName: USER,
    pluralName: 'Users',
    mainColumns: [
      'id',
      'username',
      'email',
      'is_active',
      'is_staff',
      'is_superuser',
      'date_joined',
      'last_login',
    ],
    from: 'user',
    title: sql`username`,
    columns: [
      number('id', 'number'),
      text('username'),
      text('email', sql`coalesce(email, '')`),
      text('first_name', sql`coalesce(first_name, '')`),
      text('last_name', sql`coalesce(last_name, '')`),
      column('password', 'str', 'secret', 'password_hash'),
      time('date_joined', 'created_at'),
      maybeTime('last_login', 'last_login_at'),
      flag('is_active'),
      flag('is_staff'),
      flag('is_superuser', sql`coalesce(is_superuser, 0)`),
    ],
  }),
  define({
    className: 'AuthSubject',
    tableName: SUBJECT,
    pluralName: 'Auth Subjects',
    mainColumns: ['id', 'user_id', 'esc_id', 'job_family_id'],
    foreignKeys: { user_id: USER, esc_id: ESC, job_family_id: FAMILY },
    from: sql`subject left join "user" on "user".id = subject.user_id
      left join esc on esc.id = subject.esc_id left join job_family on job_family.id = subject.family_id`,
    title: sql`coalesce('User: ' || "user".username, 'ESC: ' || esc.name, 'Job Family: ' || job_family.name, '')`,
    columns: [
      text('id', 'subject.id'),
      maybeNumber('user_id', 'user.number'),
      maybeText('esc_id', 'subject.esc_id'),
      maybeText('job_family_id', 'subject.family_id'),
    ],
  }),
  define({
    className: 'AuthToken',
    tableName: 'registry_authtoken',
    pluralName: 'Auth Tokens',
    mainColumns: ['id', 'auth_subject_id', 'active'],
    foreignKeys: { auth_subject_id: SUBJECT },
    from: 'token',
    columns: [
      text('id'),
      text('auth_subject_id', 'subject_id'),
      column('token', 'str', 'secret', 'hash'),
      maybeTime('expiry_time', 'expires_at'),
      flag('active', 'is_active'),
      maybeTime('last_use_time', 'last_used_at'),
    ],
  }),
  define({
    className: 'AuthResourcePermission',
    tableName: 'registry_authresourcepermission',
    pluralName: 'Auth Resource Permissions',
    mainColumns: ['id', 'auth_subject_id', 'scope', 'job_family_id', 'job_id', 'endpoint'],
    foreignKeys: { auth_subject_id: SUBJECT, job_family_id: FAMILY, job_id: JOB },
    from: 'permission',
    columns: [
      maybeNumber('id', 'number'),
      text('auth_subject_id', 'subject_id'),
      text('scope'),
      maybeText('job_family_id', 'family_id'),
      maybeText('job_id'),
      maybeText('endpoint'),
    ],
  }),
];

const others: readonly RecordTable[] = [
  define({
    className: 'Setting',
    tableName: 'registry_setting',
    pluralName: 'Settings',
    mainColumns: ['name', 'value'],
    from: 'setting',
    columns: [text('name'), json('value')],
  }),
  define({
    className: 'AsyncJobCall',
    tableName: 'registry_asyncjobcall',
    pluralName: 'Async Job Calls',
    mainColumns: ['id', 'status', 'started_at', 'job_name'],
    from: 'async_job_call',
    columns: [
      text('id'),
      text('status'),
      time('started_at', 'started_at'),
      maybeTime('ended_at', 'ended_at'),
      maybeText('error'),
      text('job_name'),
      text('job_version'),
      text('job_path'),
      text('request_method'),
      text('request_url'),
      json('request_headers'),
      body('request_body'),
      maybeNumber('response_status_code'),
      json('response_headers'),
      body('response_body'),
      number('attempts'),
      text('pub_instance_addr'),
      flag('retriable_error'),
    ],
  }),
];

/** The tables of Racetrack 2.36, in its order. */
export const RECORD_TABLES: readonly RecordTable[] = [
  ...jobs,
  ...requests,
  ...history,
  ...accounts,
  ...others,
];
