import type { CommandSpec } from '../command/command-spec.ts';
import {
  BUILD_CONTEXT_OPTION,
  EXTRA_VARS_OPTION,
  JOB_ARGUMENT,
  REMOTE_ARGUMENT,
  REMOTE_OPTION,
} from './shared-options.ts';

const VERSION_OPTION = {
  flags: '--version <version>',
  summary: 'exact version, latest, or a pattern such as 1.x',
} as const;
const NAME_ARGUMENT = { name: 'name', isRequired: true, summary: 'name of the job' } as const;
const FOLLOW_OPTION = { flags: '-f, --follow', summary: 'go on showing new lines until Ctrl-C' } as const;

/** Commands about jobs. */
export const JOB_COMMANDS: readonly CommandSpec[] = [
  {
    path: ['init'],
    summary: 'Write a job to begin with, and a test of it',
    arguments: [{ name: 'dir', isRequired: false, summary: 'where to; the current directory by default' }],
    options: [
      { flags: '--type <type>', summary: 'python3, golang, rust or node' },
      { flags: '--name <name>', summary: 'name of the job; by default that of the directory' },
    ],
    example: 'init adder --type python3',
    load: async () => (await import('./init.ts')).initCommand,
  },
  {
    path: ['dev'],
    summary: 'Run a job on this machine, and again whenever a file is saved; no server is needed',
    arguments: [
      {
        name: 'workdir',
        isRequired: false,
        summary: 'directory with a job.yaml, or a manifest file; the current directory by default',
      },
    ],
    options: [
      { ...REMOTE_OPTION, summary: 'URL or alias of the server that answers calls to other jobs' },
      EXTRA_VARS_OPTION,
      { flags: '--port <port>', summary: 'port on this machine; 7000 by default, or the next that is free' },
      {
        flags: '--env <NAME=VALUE>',
        summary: 'variable for the job; NAME alone takes its value from the environment; may be repeated',
        isRepeatable: true,
      },
      { flags: '--plugin <dir>', summary: 'folder of a job type, beside those that come with the platform' },
      { flags: '--no-reload', summary: 'do not watch the files; end when the job ends' },
      { flags: '--once', summary: 'start, call the documented example, print the answer, and end' },
    ],
    example: 'dev sample/python-class',
    load: async () => (await import('./dev.ts')).devCommand,
  },
  {
    path: ['run-local'],
    summary:
      'Build and run a job on this machine as it is now, without a server; as a process, not in a container',
    arguments: [{ name: 'workdir', isRequired: false, summary: 'directory; the current one by default' }],
    options: [
      { ...REMOTE_OPTION, summary: 'URL or alias of the server that answers calls to other jobs' },
      EXTRA_VARS_OPTION,
      BUILD_CONTEXT_OPTION,
      { flags: '--port <port>', summary: 'port on this machine; 7000 by default, or the next that is free' },
      { flags: '--cmd <command>', summary: 'command of the container; refused, as there is none' },
    ],
    example: 'run-local . --build-context local',
    load: async () => (await import('./run-local.ts')).runLocalCommand,
  },
  {
    path: ['deploy'],
    summary: 'Build and start the job of a directory, or of a manifest on standard input (-)',
    arguments: [
      {
        name: 'workdir',
        isRequired: false,
        summary:
          'directory with a job.yaml, a manifest file, or - for standard input; the current directory by default',
      },
      REMOTE_ARGUMENT,
    ],
    options: [
      REMOTE_OPTION,
      EXTRA_VARS_OPTION,
      BUILD_CONTEXT_OPTION,
      { flags: '--force', summary: 'replace a version that was deployed before' },
      { flags: '--no-cache', summary: 'build everything anew' },
      { flags: '--watch <id>', summary: 'start nothing, but watch a deployment that is going on' },
    ],
    example: 'deploy sample/python-class --remote http://127.0.0.1:7002',
    load: async () => (await import('./deploy.ts')).deployCommand,
  },
  {
    path: ['cancel'],
    summary: 'End a deployment that is going on',
    arguments: [
      {
        name: 'id',
        isRequired: true,
        summary: 'id of the deployment, as racetrack deploy prints it, or name of its job',
      },
    ],
    options: [REMOTE_OPTION],
    example: 'cancel 3f6c1f5e-7d55-4b0a-9f0e-2f4f0c2f6c11',
    showsHelpWhenBare: true,
    load: async () => (await import('./cancel.ts')).cancelCommand,
  },
  {
    path: ['validate'],
    summary: 'Check a manifest without a server and print it with all defaults',
    arguments: [
      {
        name: 'path',
        isRequired: false,
        summary: 'directory or manifest file, - for standard input; the current directory by default',
      },
    ],
    options: [
      EXTRA_VARS_OPTION,
      {
        flags: '--strict',
        summary: 'refuse duplicate keys and everything else that would only be warned about',
      },
    ],
    example: "validate . -e 'git.branch=dev'",
    load: async () => (await import('./validate.ts')).validateCommand,
  },
  {
    path: ['dockerfile'],
    summary: 'Show the Dockerfiles that a job is built with in containers',
    arguments: [
      {
        name: 'workdir',
        isRequired: false,
        summary:
          'directory with a job.yaml, a manifest file, or - for standard input; the current directory by default',
      },
    ],
    options: [
      REMOTE_OPTION,
      EXTRA_VARS_OPTION,
      { flags: '--image <number>', summary: 'only that of one container; 0 is the entry point' },
    ],
    example: 'dockerfile . --image 0',
    load: async () => (await import('./dockerfile.ts')).dockerfileCommand,
  },
  {
    path: ['list'],
    summary: 'List the jobs of the server',
    arguments: [REMOTE_ARGUMENT],
    options: [
      REMOTE_OPTION,
      {
        flags: '-c, --column <column>',
        summary: 'further column; may be repeated',
        choices: [
          'job_type',
          'infrastructure',
          'deployed_by',
          'updated_at',
          'last_call_at',
          'pub_url',
          'all',
        ],
        isRepeatable: true,
      },
    ],
    example: 'list -c all',
    load: async () => (await import('./list.ts')).listCommand,
  },
  {
    path: ['logs'],
    summary: 'Show what a job printed',
    arguments: [JOB_ARGUMENT, REMOTE_ARGUMENT],
    options: [
      REMOTE_OPTION,
      VERSION_OPTION,
      { flags: '--tail <lines>', summary: 'how many of the last lines; 20 by default' },
      FOLLOW_OPTION,
    ],
    example: 'logs adder --version 1.x -f',
    load: async () => (await import('./logs.ts')).logsCommand,
  },
  {
    path: ['build-logs'],
    summary: 'Show how a job was built',
    arguments: [JOB_ARGUMENT, REMOTE_ARGUMENT],
    options: [
      REMOTE_OPTION,
      VERSION_OPTION,
      { flags: '--tail <lines>', summary: 'how many of the last lines; all (0) by default' },
      FOLLOW_OPTION,
    ],
    example: 'build-logs adder --version 0.0.1',
    load: async () => (await import('./build-logs.ts')).buildLogsCommand,
  },
  {
    path: ['delete'],
    summary: 'Stop a version of a job and remove it',
    arguments: [
      { ...JOB_ARGUMENT, summary: 'name of the job, or a directory with its manifest' },
      REMOTE_ARGUMENT,
    ],
    options: [
      REMOTE_OPTION,
      { flags: '--version <version>', summary: 'exact version; required with a name' },
      { flags: '-y, --yes', summary: 'do not ask on the terminal' },
    ],
    example: 'delete adder --version 0.0.1',
    showsHelpWhenBare: true,
    load: async () => (await import('./delete.ts')).deleteCommand,
  },
  {
    path: ['redeploy'],
    summary: 'Build a job again from the commit it was built from, and replace what runs',
    arguments: [NAME_ARGUMENT],
    options: [REMOTE_OPTION, VERSION_OPTION],
    example: 'redeploy adder --version 0.0.1',
    showsHelpWhenBare: true,
    load: async () => (await import('./redeploy.ts')).redeployCommand,
  },
  {
    path: ['reprovision'],
    summary: 'Launch a job again as it was built, with its manifest of now, and replace what runs',
    arguments: [NAME_ARGUMENT],
    options: [REMOTE_OPTION, VERSION_OPTION],
    example: 'reprovision adder --version 0.0.1',
    showsHelpWhenBare: true,
    load: async () => (await import('./reprovision.ts')).reprovisionCommand,
  },
  {
    path: ['move'],
    summary: 'Move a job to another infrastructure target',
    arguments: [
      NAME_ARGUMENT,
      { name: 'target', isRequired: false, summary: 'shorter form of --infrastructure' },
    ],
    options: [
      REMOTE_OPTION,
      VERSION_OPTION,
      { flags: '--infrastructure <target>', summary: 'where to' },
      { flags: '--infrastructure-target <target>', summary: 'the same', isHidden: true },
    ],
    example: 'move adder --version 0.0.1 --infrastructure docker',
    showsHelpWhenBare: true,
    load: async () => (await import('./move.ts')).moveCommand,
  },
  {
    path: ['promote'],
    summary: 'Make latest, or a wildcard, stand for a version that runs',
    arguments: [
      NAME_ARGUMENT,
      { name: 'version', isRequired: false, summary: 'exact version; left out with --undo and --unpin' },
    ],
    options: [
      REMOTE_OPTION,
      { flags: '--pattern <pattern>', summary: 'a wildcard such as 1.x; latest by default' },
      { flags: '--undo', summary: 'go back to what it stood for before' },
      { flags: '--unpin', summary: 'let it stand for the highest stable version again' },
    ],
    example: 'promote adder 1.2.0',
    showsHelpWhenBare: true,
    load: async () => (await import('./promote.ts')).promoteCommand,
  },
  {
    path: ['call'],
    summary: 'Call an endpoint of a job',
    arguments: [
      { name: 'name', isRequired: true, summary: 'name of the job' },
      { name: 'endpoint', isRequired: true, summary: 'path within the job, such as /api/v1/perform' },
      { name: 'payload', isRequired: false, summary: 'JSON or YAML; @file reads a file, - standard input' },
    ],
    options: [
      REMOTE_OPTION,
      VERSION_OPTION,
      { flags: '-X, --method <method>', summary: 'HTTP method; POST by default' },
      {
        flags: '--file <FIELD=PATH>',
        summary:
          'send a form with this file instead of JSON; PAYLOAD has its further fields; may be repeated',
        isRepeatable: true,
      },
      {
        flags: '--curl',
        summary: 'print the call as a curl command instead; the token is left to a sub-command',
      },
      {
        flags: '--timeout <seconds>',
        summary: 'how long to wait for the answer; 300 by default',
      },
    ],
    example: `call adder /api/v1/perform '{"numbers": [40, 2]}'`,
    showsHelpWhenBare: true,
    load: async () => (await import('./call.ts')).callCommand,
  },
];
