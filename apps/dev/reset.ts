/** `npm run reset`: deletes the data of the local stack, so that the next start begins anew. */
import { createInterface } from 'node:readline/promises';
import { dataFolder, describeDataFolder, removeDataFolder } from './data-folder.ts';

const dir = dataFolder(process.env);

/** Yes by flag, or by the word at a terminal; without either nothing is deleted. */
async function isConfirmed(): Promise<boolean> {
  if (process.argv.includes('--yes')) return true;
  if (!process.stdin.isTTY) {
    console.error(
      'This deletes data and nobody can be asked: add --yes ("npm run reset -- --yes").',
    );
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question('Delete it? Type yes: ');
  terminal.close();
  return answer.trim().toLowerCase() === 'yes';
}

try {
  const found = describeDataFolder(dir);
  if (found === undefined) {
    console.log(`There is nothing to delete: ${dir} does not exist.`);
  } else {
    console.log(`${dir} holds the local stack: ${found.join(', ')}.`);
    if (await isConfirmed()) {
      await removeDataFolder(dir);
      console.log('It is gone. The next "npm start" begins anew.');
    } else {
      process.exitCode = 1;
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
