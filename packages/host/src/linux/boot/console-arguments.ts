/**
 * The `console=` arguments of a kernel command line, in their order: the last one is where init speaks. Whoever installs
 * over a serial line finds the installed system there too (machines.md, "Live environment").
 */
export function consoleArguments(commandLine: string): string[] {
  return commandLine.split(/\s+/).filter((word) => /^console=[\w.,:-]+$/.test(word))
}
