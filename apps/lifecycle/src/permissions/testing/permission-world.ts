import type { FastifyInstance } from 'fastify';
import type { ExplanationDto, PermissionDto } from '@racetrack-platform/contracts';
import { createJobRepository, createSubjectRepository } from '@racetrack-platform/db';
import { openTestAccess, type TestAccess } from '../../auth/open-test-access.ts';
import { createApp, withDeps } from '../../http/create-app.ts';
import { createJobService } from '../../jobs/job-service.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { allowRoutes } from '../allow-routes.ts';
import { authCheckRoutes } from '../auth-check-routes.ts';
import { permissionRoutes } from '../permission-routes.ts';
import { publicEndpointRoutes } from '../public-endpoint-routes.ts';

const versions = { gitVersion: '0.1.0', dockerTag: '2.36.0' };
const PUB_URL = 'http://127.0.0.1:7005/pub';
const JOBS = [
  ['adder', '1.0.0'],
  ['adder', '1.1.0'],
  ['primer', '1.0.0'],
] as const;

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * Three jobs, each asking for a public endpoint, an external service, and users: `admin` (staff), `operator`
 * (`call_admin_api`), `reader` (`read_job`), and others who hold nothing; with the routes about permissions.
 */
export class PermissionWorld implements AsyncDisposable {
  readonly access: TestAccess;
  readonly tokens: Record<string, string> = {};
  readonly #apps: FastifyInstance[] = [];

  private constructor(access: TestAccess) {
    this.access = access;
  }

  static async open(): Promise<PermissionWorld> {
    const access = await openTestAccess();
    const world = new PermissionWorld(access);
    const { tokens } = world;
    tokens['admin'] = await access.addUser('admin', ['full_access'], { isStaff: true });
    tokens['operator'] = await access.addUser('operator', ['call_admin_api']);
    tokens['reader'] = await access.addUser('reader', ['read_job']);
    for (const name of ['nobody', 'bob', 'caller', 'owner', 'pat']) tokens[name] = await access.addUser(name);
    for (const [name, version] of JOBS) await world.#addJob(name, version);
    await access.store.db.insertInto('esc').values({ id: 'shop-1', name: 'The shop' }).execute();
    await createSubjectRepository(access.store.db).ensureOfEsc('shop-1');
    for (const authDebug of [false, true]) world.#apps.push(await world.#startApp(authDebug));
    return world;
  }

  /** @param options - `authDebug`: ask the server that tells causes. */
  async request(
    who: string | null,
    method: Method,
    url: string,
    body?: object,
    options: { readonly authDebug?: boolean } = {},
  ) {
    const app = this.#apps[options.authDebug === true ? 1 : 0];
    if (app === undefined) throw new Error('the servers are not started');
    return await app.inject({
      method,
      url: `/lifecycle/api/v1${url}`,
      ...(who !== null && { headers: { 'x-racetrack-auth': this.tokens[who] ?? '' } }),
      ...(body && { payload: body }),
    });
  }

  /** Gives a permission as the administrator. */
  async grant(body: object): Promise<PermissionDto> {
    const answer = await this.request('admin', 'POST', '/permissions', body);
    if (answer.statusCode !== 200) throw new Error(`refused: ${answer.body}`);
    return answer.json<PermissionDto>();
  }

  async explain(who: string, query: string): Promise<ExplanationDto> {
    return (await this.request(who, 'GET', `/permissions/explain?${query}`)).json<ExplanationDto>();
  }

  async canCall(who: string | null, path: string) {
    return await this.request(who, 'GET', `/auth/can-call-job/${path}`);
  }

  /** Names and versions that a user's job list holds. */
  async listJobs(who: string): Promise<string[]> {
    const subject = await this.access.authenticator.authenticateToken(this.tokens[who] ?? '');
    const jobs = createJobService({ store: this.access.store, externalPubUrl: PUB_URL });
    return (await jobs.list(subject)).map(({ name, version }) => `${name} ${version}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const app of this.#apps) await app.close();
    await this.access.close();
  }

  async #startApp(authDebug: boolean): Promise<FastifyInstance> {
    const { store } = this.access;
    const jobs = createJobService({ store, externalPubUrl: PUB_URL });
    return await createApp({
      logger: createLogger({ level: 'silent', name: 'test' }),
      metrics: createMetrics({ defaults: false }),
      authenticator: this.access.authenticator,
      routes: [
        withDeps(allowRoutes, { store }),
        withDeps(authCheckRoutes, { store, presentJob: async (job) => await jobs.present(job), authDebug }),
        withDeps(permissionRoutes, { store }),
        withDeps(publicEndpointRoutes, { store }),
      ],
      readiness: {},
      checkDatabase: () => {},
      versions,
    });
  }

  async #addJob(name: string, version: string): Promise<void> {
    await this.access.store.transaction(async (trx) => {
      const { familyId } = await this.access.tokens.ensureFamilyToken(trx, name);
      const jobs = createJobRepository(trx.db);
      await jobs.insert({
        id: `${name}-${version}`,
        family_id: familyId,
        name,
        version,
        status: 'running',
        created_at: 1_000,
        updated_at: 1_000,
        manifest_yaml: `name: ${name}\nowner_email: private@example.com\nversion: ${version}\njobtype: python3:latest\ngit:\n  remote: https://git.example/x\n`,
        deployed_by: 'author',
        infrastructure_target: 'process',
        job_type_version: 'python3:1.0.0',
        deployment_id: `d-${name}-${version}`,
        error: null,
        notice: null,
        last_call_at: null,
      });
      await jobs.requestPublicEndpoints(`${name}-${version}`, [
        { id: `e-${name}-${version}`, endpoint: '/api/v1/open' },
      ]);
    });
  }
}
