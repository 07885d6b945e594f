import { hostname } from 'node:os';
import type { Flag } from '../plain-flags.ts';
import { port, url } from '../values.ts';

export interface AgentFlags {
  logRoot: string;
  to: URL;
  dataDir: string;
  once?: boolean;
  nodeName: string;
  cluster?: string;
  kubeconfig?: string;
  tokenFile?: string;
  metricsPort?: number;
}

export const agentFlags: readonly Flag[] = [
  { name: 'log-root', value: '<dir>', description: "the node's container logs", default: '/var/log/pods' },
  {
    name: 'to',
    value: '<url>',
    description: 'the Taffrail server',
    parse: url,
    default: new URL('http://127.0.0.1:7100'),
  },
  {
    name: 'data-dir',
    value: '<dir>',
    description: 'where the agent remembers how far it has read',
    default: '.taffrail',
  },
  { name: 'once', description: 'read what is there to its end, wait until it is stored, and exit' },
  {
    name: 'node-name',
    value: '<name>',
    description: 'the name of this node in the cluster',
    default: hostname(),
    shown: "the machine's",
  },
  {
    name: 'cluster',
    value: '<id>',
    description: 'id of the cluster (default: the uid of its kube-system namespace)',
  },
  {
    name: 'kubeconfig',
    value: '<file>',
    description: 'how to reach the API server, for metadata (in a pod: its service account)',
  },
  {
    name: 'token-file',
    value: '<file>',
    description: 'file with the bearer token for the server; read again when it changes',
  },
  {
    name: 'metrics-port',
    value: '<port>',
    description: "serve the agent's own /metrics on this port of 127.0.0.1",
    parse: port,
  },
];
