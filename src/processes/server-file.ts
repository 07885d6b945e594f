/** What a server writes into its data directory, so that commands on the same machine find it. */
export interface ServerFile {
  url: string;
  pid: number;
}

export const serverFileName = 'server.json';
