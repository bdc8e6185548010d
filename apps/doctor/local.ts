import { presentTemporalBinary, hasGo } from '../dev/temporal-binary.ts';
import { dataFolder } from '../dev/data-folder.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import { administratorFinding, clockFinding } from './database.ts';
import { fail, ok, type Check, type Finding } from './finding.ts';
import { diskFinding, folderFinding, leftoversFinding, portsFinding } from './machine.ts';
import { bundlerFinding, postgresBinaryFinding, temporalSdkFinding } from './packages.ts';
import { namespaceFinding, withTemporal } from './temporal.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const reinstall =
  'run "npm install" with install scripts allowed (npm config get ignore-scripts must say false)';
const ownServer = 'check DATABASE_URL and its server, or leave it out: npm start brings its own';

/** What `npm start` needs, in the order in which it meets it. */
export function makeLocalChecks(environment: Environment): readonly Check[] {
  const databaseUrl = environment['DATABASE_URL'];
  return [
    {
      name: 'node',
      look: () => ok(`scripts run on Node ${process.versions.node}`),
      fix: reinstall,
    },
    ...preflightChecks(environment),
    { name: 'bundler', look: bundlerFinding, fix: reinstall },
    { name: 'leftovers', look: () => leftoversFinding(dataFolder(environment)), fix: '' },
    ...temporalChecks(environment),
    ...(databaseUrl
      ? [
          { name: 'database', look: () => administratorFinding(databaseUrl), fix: ownServer },
          {
            name: 'clock',
            needs: 'database',
            look: () => clockFinding(databaseUrl),
            fix: ownServer,
          },
        ]
      : []),
  ];
}

/** The part that a start does well to look at first: quick, and puzzling when it is met half way. */
export function preflightChecks(environment: Environment): readonly Check[] {
  const dir = dataFolder(environment);
  return [
    ...(environment['DATABASE_URL']
      ? []
      : [{ name: 'postgres', look: postgresBinaryFinding, fix: reinstall }]),
    { name: 'temporal sdk', look: temporalSdkFinding, fix: reinstall },
    {
      name: 'folder',
      look: () => folderFinding(dir),
      fix: 'let TIDEGATE_DATA_DIR name a folder that you may write to',
    },
    { name: 'disk', look: () => diskFinding(dir), fix: 'free some space' },
    { name: 'ports', look: () => portsFinding(environment, dir), fix: 'free the ports' },
  ];
}

function temporalChecks(environment: Environment): readonly Check[] {
  if (!environment['TEMPORAL_ADDRESS']) {
    return [
      {
        name: 'temporal',
        look: serverBinaryFinding,
        fix: 'let TEMPORAL_CLI_PATH name the executable of the Temporal CLI, or leave it out',
      },
    ];
  }
  const temporal = loadTemporalConfig(environment);
  return [
    {
      name: 'temporal',
      // npm start raises the retention itself.
      look: () => withTemporal(temporal, (engine) => namespaceFinding(engine, 0)),
      fix: 'check TEMPORAL_ADDRESS and its server, or leave it out: npm start brings its own',
    },
  ];
}

const downloads = 'https://temporal.download';
const downloadTimeoutMs = 5_000;

/** By which of the ways a local Temporal server comes. */
async function serverBinaryFinding(): Promise<Finding> {
  const present = presentTemporalBinary();
  if (present !== undefined) return ok(`server from ${present}`);
  if (await isReachable(downloads)) return ok('no server yet: npm start downloads one');
  if (hasGo()) return ok('no server yet: npm start builds one with Go, in four to five minutes');
  return fail(
    'there is no Temporal server, downloads are blocked, and Go is not installed',
    'set TEMPORAL_ADDRESS to a running server, install the Temporal CLI, let TEMPORAL_CLI_PATH name it, allow downloads from temporal.download, or install Go 1.26',
  );
}

async function isReachable(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(downloadTimeoutMs) });
    return true;
  } catch {
    return false;
  }
}
