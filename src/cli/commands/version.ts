import { Command } from 'commander';
import { versionText } from '../../base/version.ts';

export function command(): Command {
  return new Command('version')
    .description('Print the version of Taffrail and of the Node.js that runs it.')
    .action(() => {
      process.stdout.write(`${versionText}\n`);
    });
}
