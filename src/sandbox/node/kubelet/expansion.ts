/**
 * `$(NAME)` in command, args, env values and subPathExpr, as Kubernetes expands it: `$$` is an escaped `$`, and a
 * reference to a variable that is not defined is left as it is.
 */
export function expanded(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (all, name: string | undefined) => {
    if (name === undefined) return '$';
    return variables.get(name) ?? all;
  });
}
