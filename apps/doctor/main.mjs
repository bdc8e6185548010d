/**
 * `npm run doctor`: looks for what would keep Tidegate from running, and says how to mend it. Plain
 * JavaScript, because the first thing to look for is a Node that cannot run the other sources.
 */
const wantedMajor = 24;

if (Number(process.versions.node.split('.')[0]) < wantedMajor) {
  console.log(
    `FAIL  node  scripts run on Node ${process.versions.node}, which is older than ${wantedMajor}. Fix: run "npm install" with install scripts allowed; it brings Node ${wantedMajor} for the scripts.`,
  );
  process.exitCode = 1;
} else {
  const { runDoctor } = await import('./doctor.ts');
  process.exitCode = await runDoctor(process.argv.slice(2), process.env);
}
