import type { Discovery } from './discovery.ts';

export function staticDiscovery(targets: readonly string[], labels: Readonly<Record<string, string>>): Discovery {
  return {
    async run(update) {
      update({ source: '0', labels, targets: targets.map((__address__) => ({ __address__ })) });
    },
  };
}
