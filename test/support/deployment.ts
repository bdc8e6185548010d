import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

/** What docker-compose.yml says of one service. */
export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly user?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly unknown[]; readonly disable?: boolean };
  readonly deploy?: { readonly resources?: { readonly limits?: Readonly<Record<string, string>> } };
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export const repository = path.resolve(import.meta.dirname, '../..');
const textOf = (file: string): string => readFileSync(path.join(repository, file), 'utf8');

export const readCompose = (): Compose =>
  parse(textOf('docker-compose.yml'), { merge: true }) as Compose;

/** One instruction of the Dockerfile, continued lines joined. */
export interface Instruction {
  readonly stage: string;
  readonly name: string;
  readonly value: string;
}

export function readDockerfile(): Instruction[] {
  let stage = '';
  return textOf('Dockerfile')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line))
    .map((line) => {
      const [name = '', ...rest] = line.split(/\s+/);
      const value = rest.join(' ');
      if (name === 'FROM') stage = value.split(' AS ')[1] ?? '';
      return { stage, name, value };
    });
}

/** The folders and files that a stage takes from the checkout. */
export function copiedFrom(instructions: readonly Instruction[], stage: string): string[] {
  return instructions
    .filter((one) => one.stage === stage && one.name === 'COPY' && !one.value.startsWith('--from'))
    .flatMap((one) => one.value.split(' ').slice(0, -1));
}

/** What .dockerignore keeps out of the folders that it lets in. */
const excluded = new Set(
  textOf('.dockerignore')
    .split('\n')
    .filter((line) => /^[a-z]+\/[a-z]+$/.test(line)),
);

/**
 * The files of the image in a folder of their own, as its Dockerfile copies them, without a
 * container. The folder is below the checkout, so that packages are found from there.
 */
export function layOutImage(): { readonly dir: string; remove(): void } {
  const parent = path.join(repository, '.tidegate', 'image-tests');
  mkdirSync(parent, { recursive: true });
  const dir = mkdtempSync(path.join(parent, 'image-'));
  const instructions = readDockerfile();
  const wanted = new Set(['bundle', 'runtime'].flatMap((stage) => copiedFrom(instructions, stage)));
  for (const name of wanted) {
    cpSync(path.join(repository, name), path.join(dir, name), {
      recursive: true,
      filter: (source) => !excluded.has(path.relative(repository, source)),
    });
  }
  return {
    dir,
    remove: () => {
      rmSync(dir, { recursive: true, force: true });
      // The parent is in the data folder of the local stack, where nothing else belongs.
      if (readdirSync(parent).length === 0) rmSync(parent, { recursive: true });
    },
  };
}
