/**
 * Stands for pub or control in the tests of the launcher, by the name of the file that imports it: speaks the same messages, and does as the file named by
 * FAKE_PLAN says at the moment of its start. Appends what happens to FAKE_EVENTS.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const role = path.basename(process.argv[1] ?? '', '.ts');
const { FAKE_EVENTS = '', FAKE_PLAN = '' } = process.env;
const plan = existsSync(FAKE_PLAN) ? String(JSON.parse(readFileSync(FAKE_PLAN, 'utf8'))[role] ?? '') : '';

function note(text: string): void {
  appendFileSync(FAKE_EVENTS, `${role} ${text}\n`);
}

note(
  `start ${process.pid} pub-port=${process.env['RACETRACK_PUB_PORT']} password=${process.env['RACETRACK_ADMIN_PASSWORD'] ?? ''}`,
);
process.stderr.write('{"level":30,"time":1,"msg":"just information"}\n');
process.stderr.write('{"level":40,"time":1,"msg":"disk almost full","percent":97}\n');
process.on('disconnect', () => {
  note('disconnect');
  process.exit(0);
});
process.on('message', () => {
  note('shutdown');
  if (plan === 'ignore-shutdown') return;
  setTimeout(() => {
    note('end');
    process.exit(0);
  }, 100);
});

if (plan === 'fatal') {
  process.send?.({ type: 'fatal', message: 'port 7005 is taken', hint: 'Use --pub-port.', exitCode: 5 });
  process.exit(5);
} else if (plan === 'retryable') {
  process.send?.({ type: 'fatal', message: 'the database is away', exitCode: 5, retryable: true });
  process.exit(5);
} else if (plan === 'crash') {
  process.exit(9);
} else if (plan !== 'silent') {
  if (role === 'control') process.send?.({ type: 'notice', text: 'The password of admin is xyz.' });
  const { RACETRACK_PUB_PORT: port = '0', RACETRACK_EXTERNAL_PUB_URL: url } = process.env;
  if (role === 'pub') {
    const endpoint = `http://127.0.0.1:${port === '0' ? 40_001 : port}`;
    process.send?.({ type: 'ready', endpoints: { pub: endpoint } });
  } else {
    note(`external-pub-url=${url}`);
    const endpoints = { lifecycle: 'http://127.0.0.1:40002', dashboard: 'http://127.0.0.1:40003' };
    process.send?.({ type: 'ready', endpoints });
  }
}
