/** A container's health check: ends with 0 when the address answers well, with 1 when it does not. */
const [address = ''] = process.argv.slice(2);
const timeoutMs = 4_000;

try {
  const answer = await fetch(address, { signal: AbortSignal.timeout(timeoutMs) });
  // What is not well is in the answer; the container's tools show the output of its check.
  process.stdout.write(await answer.text());
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(String(error));
  process.exitCode = 1;
}
