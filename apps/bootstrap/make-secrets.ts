/**
 * `npm run secrets`: writes the secrets of docker-compose.yml, each to a file of its own. Arguments:
 * the folder (default: secrets) and where Postgres is (default: postgres:5432). Writes nothing where
 * a secret is already: a lost master key cannot be made again.
 */
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeDeploymentSecrets } from './deployment-secrets.ts';

const [folder = 'secrets', host = 'postgres:5432'] = process.argv.slice(2);
// Only its owner enters the folder; the files must be readable by the users of the containers.
mkdirSync(folder, { recursive: true });
if (readdirSync(folder).length > 0) {
  process.stderr.write(`${folder} is not empty: nothing was written\n`);
  process.exit(1);
}
chmodSync(folder, 0o700);
const keyId = `k${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`;
for (const [name, secret] of Object.entries(makeDeploymentSecrets(host, keyId))) {
  writeFileSync(path.join(folder, name), secret, { mode: 0o444 });
}
process.stdout.write(
  `The secrets are in ${folder}. Keep a copy of master_keys where the database's backup is not.\n`,
);
