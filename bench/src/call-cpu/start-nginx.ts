import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startProgram, type Program } from './start-program.ts';

const CANDIDATES = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'];

/** Finds nginx. */
export function findNginx(): string | undefined {
  return CANDIDATES.find((file) => existsSync(file));
}

/**
 * Starts nginx as a plain reverse proxy with keep-alive to both sides, one worker, no logs: the reference.
 *
 * @param nginx - its binary.
 * @param folder - for its files.
 */
export async function startNginx(
  nginx: string,
  folder: string,
  upstreamSocket: string,
  port: number,
): Promise<Program> {
  const home = path.join(folder, 'nginx');
  mkdirSync(home);
  const file = path.join(home, 'nginx.conf');
  // Started by root, the worker would run as another user, who may not open the socket.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${home}/${name};`)
    .join('\n  ');
  writeFileSync(
    file,
    `daemon off;
${user}
worker_processes 1;
pid ${home}/pid;
error_log ${home}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary}
  keepalive_requests 100000000;
  upstream job {
    server unix:${upstreamSocket};
    keepalive 128;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://job;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }
  }
}
`,
  );
  return await startProgram(nginx, {
    args: ['-c', file, '-e', `${home}/error.log`],
    isReady: async () => {
      try {
        return (await fetch(`http://127.0.0.1:${port}/`)).ok;
      } catch {
        return false;
      }
    },
  });
}
