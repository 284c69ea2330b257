import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts';

const run = promisify(execFile);
const USER = 'racetrack';
const START_TIMEOUT_MS = 60_000;
/** What a crash must not lose costs time that other tests need not spend. */
const NOT_DURABLE = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

interface PostgresSettings {
  /** Writes reach the disk before they are acknowledged, as in production. */
  readonly durable?: boolean;
  /** TLS with a certificate of its own for `localhost`, see {@link PostgresServer.caFile}. */
  readonly tls?: boolean;
}

/** A private server of one test file, gone with its data when it is disposed of. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  /** The certificate of a server with TLS, which is its own authority. */
  readonly caFile: string;
  readonly password: string;
  /** URL of a database by TCP; `host` instead of 127.0.0.1. */
  url(database: string, host?: string): string;
  /** URL of a database by the Unix socket. */
  socketUrl(database: string): string;
  /** Makes an empty database; answers its name. */
  createDatabase(): Promise<string>;
  /** `immediate` is a crash: nothing is finished or told, and the next start recovers. */
  stop(mode: 'fast' | 'immediate'): Promise<void>;
  /** Lets the server and all its children stand still: connections stay open, and nothing answers. */
  freeze(): Promise<void>;
  /** Lets them go on. */
  thaw(): Promise<void>;
  /** Starts again on the same data and port. */
  start(): Promise<void>;
}

/** Why there is no PostgreSQL to test with, for the name of a skipped test; undefined: there is. */
export function postgresMissing(): string | undefined {
  const found = findPostgres();
  return typeof found === 'string' ? found : undefined;
}

/** Makes and starts a server. Ask {@link postgresMissing} first. */
export async function startPostgres(settings: PostgresSettings = {}): Promise<PostgresServer> {
  const binaries = findPostgres();
  if (typeof binaries === 'string') throw new Error(binaries);
  const server = new PrivateServer(binaries, settings, await findFreePort());
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

class PrivateServer implements PostgresServer {
  readonly port: number;
  readonly caFile: string;
  readonly password = randomBytes(12).toString('hex');
  readonly #binaries: PostgresBinaries;
  readonly #settings: PostgresSettings;
  readonly #directory: string;
  #process: ChildProcess | undefined;
  #databases = 0;
  readonly #removeAtExit = (): void => this.#remove();

  constructor(binaries: PostgresBinaries, settings: PostgresSettings, port: number) {
    this.#binaries = binaries;
    this.#settings = settings;
    this.port = port;
    this.#directory = mkdtempSync(join(tmpdir(), 'rt-pg-'));
    this.caFile = join(this.#directory, 'server.crt');
    this.#give(this.#directory);
    process.once('exit', this.#removeAtExit);
  }

  async initialise(): Promise<void> {
    const passwordFile = join(this.#directory, 'password');
    writeFileSync(passwordFile, this.password, { mode: 0o600 });
    this.#give(passwordFile);
    const common = ['-D', join(this.#directory, 'data'), '-U', USER, '-E', 'UTF8', '--no-sync'];
    const access = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`];
    // A locale that sorts otherwise than by bytes, as servers in the world do; older ones know only the system's.
    const icu = ['--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en-US'];
    await this.#run('initdb', [...common, ...access, ...icu]).catch(async () => {
      await this.#run('initdb', [...common, ...access]);
    });
    if (this.#settings.tls === true) await this.#makeCertificate();
  }

  url(database: string, host = '127.0.0.1'): string {
    return `postgres://${USER}:${this.password}@${host}:${this.port}/${database}`;
  }

  socketUrl(database: string): string {
    return `postgres://${USER}@localhost:${this.port}/${database}?host=${encodeURIComponent(this.#directory)}`;
  }

  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    const client = new Client({ host: this.#directory, port: this.port, user: USER, database: 'postgres' });
    await client.connect();
    try {
      await client.query(`create database ${name}`);
    } finally {
      await client.end();
    }
    return name;
  }

  async start(): Promise<void> {
    const { durable = false, tls = false } = this.#settings;
    const settings = [
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${this.#directory}`,
      'max_connections=80',
      'shared_buffers=16MB',
      ...(durable ? [] : NOT_DURABLE),
      ...(tls ? ['ssl=on', `ssl_cert_file=${this.caFile}`, `ssl_key_file=${this.#keyFile}`] : []),
    ].flatMap((setting) => ['-c', setting]);
    const server = spawn(
      join(this.#binaries.directory, 'postgres'),
      ['-D', join(this.#directory, 'data'), '-p', String(this.port), ...settings],
      {
        ...this.#binaries.user,
        cwd: this.#directory,
        env: { LC_ALL: 'C' },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    this.#process = server;
    await awaitLine(server, 'ready to accept connections');
  }

  async stop(mode: 'fast' | 'immediate'): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
  }

  async freeze(): Promise<void> {
    await this.#signalAll('SIGSTOP');
  }

  async thaw(): Promise<void> {
    await this.#signalAll('SIGCONT');
  }

  /** The parent first, so that no child is missed. */
  async #signalAll(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    process.kill(pid, signal);
    const { stdout } = await run('ps', ['-A', '-o', 'ppid=,pid=']);
    for (const line of stdout.split('\n')) {
      const [parent, child] = line.trim().split(/\s+/).map(Number);
      if (parent !== pid || child === undefined) continue;
      try {
        process.kill(child, signal);
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#removeAtExit);
    await this.thaw();
    await this.stop('immediate');
    this.#remove();
  }

  get #keyFile(): string {
    return join(this.#directory, 'server.key');
  }

  async #makeCertificate(): Promise<void> {
    const files = ['-keyout', this.#keyFile, '-out', this.caFile];
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...name]);
    chmodSync(this.#keyFile, 0o600);
    chmodSync(this.caFile, 0o644);
    this.#give(this.#keyFile);
    chmodSync(this.#directory, 0o755);
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    const options = { ...this.#binaries.user, cwd: this.#directory, env: { LC_ALL: 'C' } };
    await run(join(this.#binaries.directory, program), args, options);
  }

  #give(path: string): void {
    const { user } = this.#binaries;
    if (user !== undefined) chownSync(path, user.uid, user.gid);
  }

  #remove(): void {
    this.#process?.kill('SIGQUIT');
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

async function awaitLine(server: ChildProcess, wanted: string): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`PostgreSQL did not start (${why}):\n${output}`));
    const timer = setTimeout(() => fail(`${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
    server.once('exit', (code) => fail(`exit code ${code}`));
    // Read on afterwards: a full pipe would stop the server.
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = `${output}${text}`.slice(-10_000);
      if (!output.includes(wanted)) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
