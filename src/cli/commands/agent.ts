import { Command } from 'commander';
import { applyConfigFile, configOption, setting } from '../settings.ts';
import { type AgentFlags, agentFlags } from './agent-flags.ts';
import { runAgent } from './run-agent.ts';

/** As main.ts runs it where the command line is in order, and here where something has to be said about it. */
export function command(): Command {
  const agent = new Command('agent').description('Collect the container logs of this node and ship every line once.');
  for (const { name, value = '', description, ...rest } of agentFlags) {
    agent.addOption(setting(`--${name} ${value}`.trim(), description, rest));
  }
  return agent
    .addOption(configOption)
    .addHelpText(
      'after',
      '\nExamples:\n  taffrail agent --to https://taffrail.logging:7100 --token-file /var/run/secrets/taffrail/token\n  taffrail agent --log-root ./old-logs --once     # imports a directory\n',
    )
    .action(async (_flags, self: Command) => {
      await applyConfigFile(self);
      await runAgent(self.opts<AgentFlags>());
    });
}
