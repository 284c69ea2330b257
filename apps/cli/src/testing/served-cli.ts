import { createCliFixture, type CliFixture } from './cli-fixture.ts';
import { startRecordingServer, type RecordingServer, type Routes } from './recording-server.ts';

/** Where the API of the recording server is. */
export const API = '/lifecycle/api/v1';

/** A job as the server answers it. */
export const JOB = {
  name: 'adder',
  version: '0.0.2',
  status: 'running',
  job_type_version: 'python3:2.4.0',
  infrastructure_target: null,
  deployed_by: 'admin',
  update_time: 0,
  last_call_time: null,
};

/** A manifest that is built from git by default. */
export const MANIFEST = `name: adder
owner_email: bob@example.com
version: 0.0.1
jobtype: python3:latest
git:
  remote: https://github.com/acme/job
`;

/** A command line and a server for it. */
export interface ServedCli extends AsyncDisposable {
  readonly cli: CliFixture;
  readonly server: RecordingServer;
  /** May be added to at any time. */
  readonly routes: Routes;
  /** Makes the server the current remote, with the token `tok`. */
  readonly logIn: () => Promise<void>;
}

/** Starts a recording server that asks for a token, and a client that knows nothing of it yet. */
export async function createServedCli(): Promise<ServedCli> {
  const routes: Routes = {
    [`GET ${API}/info`]: { body: { auth_required: true, external_pub_url: 'http://pub.example/pub' } },
  };
  const cli = await createCliFixture();
  const server = await startRecordingServer(routes);
  return {
    cli,
    server,
    routes,
    logIn: async () => {
      const { origin } = server;
      await cli.writeConfig(`lifecycle_url: ${origin}\nuser_auths:\n  ${origin}/lifecycle: tok\n`);
    },
    async [Symbol.asyncDispose]() {
      await cli[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
