/** Who is calling, as established by authentication. */
export interface Principal {
  name: string;
  tenant: string;
  roles: readonly ('agent' | 'reader' | 'admin')[];
  /** Namespaces whose logs the caller may read. */
  namespaces: '*' | readonly string[];
  /** Nobody has to say who they are, so a request may name its tenant itself. */
  choosesTenant?: true;
}
