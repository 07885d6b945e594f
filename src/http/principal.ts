/** Who is calling, as established by authentication. */
export interface Principal {
  name: string;
  tenant: string;
  roles: readonly ('agent' | 'reader' | 'admin')[];
  /** Namespaces whose logs the caller may read. */
  namespaces: '*' | readonly string[];
}
