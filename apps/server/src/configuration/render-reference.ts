import { CONFIGURATION, OBSOLETE_KEYS, type ConfigurationSetting } from './configuration-table.ts';
import { describeKind } from './value-kinds.ts';

const HEAD = `# Configuration

Every setting of the server. It is given as a flag of \`npm start -- …\`, as an environment variable, or as a key of a
YAML file that \`--config FILE\` or \`CONFIG_FILE\` names. A flag wins over a variable, a variable over the file, the file over the
default. Everything is validated at once, before anything starts; a key that is no setting is an error. A file with one of
the secrets in it has to be readable by its owner alone.

\`npm start -- --print-config\` prints what is in force and where each value comes from, and no secrets. Into a file that can be
used as one: \`npm start --silent -- --print-config > config.yaml\`; secrets and defaults are comments in it.

| key | variable | flag | takes | default | meaning |
|---|---|---|---|---|---|
`;

const ORIGINAL = `
## Names of Racetrack 2.36

The keys of its file are read too. These are called otherwise here:

| there | here |
|---|---|
`;

const CLUSTER = `| \`CLUSTER_FQDN\`, \`RACETRACK_SUBDOMAIN\` (variables) | \`external_pub_url\` and \`external_lifecycle_url\`: \`https://SUBDOMAIN.FQDN/pub\` and \`/lifecycle\` |
`;

const OBSOLETE = `
These are accepted, and mean nothing here; a line in the log says so:

| key | why |
|---|---|
`;

/** The page docs/reference/configuration.md. */
export function renderReference(): string {
  return [
    HEAD,
    ...CONFIGURATION.map(renderRow),
    ORIGINAL,
    ...CONFIGURATION.flatMap(renderOriginal),
    CLUSTER,
    OBSOLETE,
    ...Object.entries(OBSOLETE_KEYS).map(([key, why]) => `| \`${key}\` | ${why} |\n`),
  ].join('');
}

function renderRow(setting: ConfigurationSetting): string {
  const { key, env, flag, kind, isSecret, help } = setting;
  const takes = isSecret === true ? `${describeKind(kind)}, secret` : describeKind(kind);
  const inFile = env === 'CONFIG_FILE' ? '' : `\`${key}\``;
  return `| ${inFile} | \`${env}\` | ${flag === undefined ? '' : `\`--${flag}\``} | ${takes} | ${setting.default} | ${help} |\n`;
}

function renderOriginal({ key, original }: ConfigurationSetting): string[] {
  const keys = (original?.keys ?? []).map((name) => `| \`${name}\` | \`${key}\` |\n`);
  const variables = (original?.variables ?? []).map((name) => `| \`${name}\` (variable) | \`${key}\` |\n`);
  return [...keys, ...variables];
}
