import { parseArgs } from 'node:util';
import { deployedChecks } from './deployed.ts';
import { fail, formatFinding, runChecks, type Check } from './finding.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The doctor. Without arguments it looks at what `npm start` needs; with `--deployed` at what a
 * gateway or a worker with this environment needs. `--json` prints the findings as one document.
 * Returns the exit code: 0 when all is well.
 */
export async function runDoctor(
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { deployed: { type: 'boolean' }, json: { type: 'boolean' } },
  });
  const findings = await runChecks(
    values.deployed === true ? deployedChecks(environment) : await localChecks(environment),
  );
  const isOk = findings.every((finding) => finding.isOk);
  const text =
    values.json === true
      ? JSON.stringify({ isOk, findings }, undefined, 2)
      : [...findings.map(formatFinding), isOk ? 'All is well.' : 'Something needs mending.'].join(
          '\n',
        );
  process.stdout.write(`${text}\n`);
  return isOk ? 0 : 1;
}

/** Loaded only when wanted: a deployment does not carry the local stack. */
async function localChecks(environment: Environment): Promise<readonly Check[]> {
  try {
    const { makeLocalChecks } = await import('./local.ts');
    return makeLocalChecks(environment);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const look = () => fail('there is none in a deployment', 'add --deployed');
    return [{ name: 'local stack', look, fix: '' }];
  }
}
