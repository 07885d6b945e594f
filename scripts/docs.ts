/** Writes the tables of the documentation that repeat the code: `sh scripts/node.sh scripts/docs.ts`. test/docs.test.ts holds them to it. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { faultCodes } from '../src/base/fault.ts';
import { commands } from '../src/cli/catalogue.ts';

export const referenceFolder = fileURLToPath(new URL('../docs/reference/', import.meta.url));

/** File name → content. */
export async function referencePages(): Promise<Record<string, string>> {
  return { 'errors.md': errorsPage(), 'commands.md': await commandsPage() };
}

function errorsPage(): string {
  const rows = Object.entries(faultCodes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return `# Errors

Every error that a person or a client is meant to read has one of these codes; over HTTP it comes as \`{"error": {"code", "message", "hint"}}\`.

| code | what it means |
| --- | --- |
${rows.join('\n')}
`;
}

async function commandsPage(): Promise<string> {
  let page =
    '# Commands\n\nWhat `--help` says, on one page. A setting with `(env: …)` can also be given by that variable, and, with `--config FILE`, by a key named like the flag.\n\nExit codes: 0 done, 1 it failed, 2 it was asked for wrongly, 3 the server cannot be reached, 130 interrupted.\n';
  for (const { load, summary } of commands) {
    if (summary !== '') page += sections(await load(), 'taffrail');
  }
  return page;
}

function sections(command: Command, parent: string): string {
  command.configureHelp({ helpWidth: 120 });
  const name = `${parent} ${command.name()}`;
  const help = command.helpInformation().replace(/^Usage: .*/, `Usage: ${name} ${command.usage()}`);
  return `\n## ${name}\n\n\`\`\`\n${help.trimEnd()}\n\`\`\`\n${command.commands.map((child) => sections(child, name)).join('')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, content] of Object.entries(await referencePages())) writeFileSync(referenceFolder + name, content);
}
