/** Which room may import which npm package, and why it is there. docs/decisions/0002-libraries.md says more. */
export const packages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  koffi: { platform: 'system calls that Node lacks: extended attributes, nanosecond times, mknod' },
  'sodium-native': { seal: 'Poly1305 of the restic construct' },
  yaml: { plan: 'the plan parser needs the position of every node' },
  zod: { plan: 'the plan schema, and the JSON Schema made from it' },
  croner: { schedule: 'cron expressions' },
  'temporal-polyfill': {
    schedule: 'calendar times in named zones, across changes of the clock',
    'recovery-point': 'the moment a person types is read in a named zone',
    objective: 'ages are said in calendar words',
  },
  '@aws-sdk/client-s3': {
    'object-store/s3': "Amazon's own client: credentials, regions and signatures as people expect",
  },
  '@aws-sdk/client-kms': { config: 'a password that only a key service can unwrap' },
  '@azure/storage-blob': { 'object-store/azure': "Microsoft's own client" },
  '@azure/identity': { 'object-store/azure': 'managed identity and its relatives' },
  'shamir-secret-sharing': { seal: 'a recovery key split into shares' },
  ignore: { 'source/files': 'excludes in gitignore syntax' },
  commander: { cli: 'arguments and help' },
  '@clack/prompts': { cli: 'questions of the wizard' },
};

/** Packages that tests, scripts and benchmarks may import besides. */
export const developmentPackages: readonly string[] = [
  'fast-check',
  'assemblyscript',
  ...Object.keys(packages),
];
