import type { Option } from 'commander';
import type { Access } from './access.ts';
import type { Api } from './api.ts';
import type { Input } from './input.ts';
import type { GlobalOptions } from './options/global.ts';
import type { Output } from './output/output.ts';

/** What a command works with. */
export interface Call<Options = unknown> {
  readonly options: Options & GlobalOptions;
  /** As the user whose token was given. */
  readonly api: Api;
  /** As the operator of the installation. */
  readonly operator: Api;
  readonly access: () => Access;
  readonly input: Input;
  readonly out: Output;
  /** Asks a person before something is taken away. Throws a usage failure where there is none to ask. */
  confirm(what: string): Promise<void>;
}

interface CommandSpec<Options> {
  /** Name and arguments: `<needed>`, `[may be left out]`. */
  readonly usage: string;
  readonly summary: string;
  /** What a reader needs to know beyond the summary. */
  readonly description?: string;
  /** Complete command lines, without the leading `tidegate`. */
  readonly examples: readonly string[];
  readonly options?: readonly Option[];
  run(call: Call<Options>, ...args: string[]): Promise<void>;
}

export type CliCommand = CommandSpec<unknown>;

/** Commands under one word, such as `hooks`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CliCommand[];
}

/** Declares a command. What its options are read as is the type that `run` is written for. */
export function defineCommand<Options>(spec: CommandSpec<Options>): CliCommand {
  return spec;
}
