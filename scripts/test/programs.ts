/** Programs that tests run, the Debian package of each, and what for. The list holds only what tests call. */
export interface Program {
  readonly name: string;
  readonly debianPackage: string;
  /** What tells that it is there, absolute; absent: a program of its name in PATH. */
  readonly file?: string;
  readonly why: string;
}

const modules = '/usr/lib/python3/dist-packages';
const library = (debianPackage: string, module: string, why: string): Program => ({
  name: debianPackage,
  debianPackage,
  file: `${modules}/${module}`,
  why,
});
const forMoto = 'a library of moto, the S3 server of tests with object lock and versions';

export const programs: readonly Program[] = [
  {
    name: 'restic',
    debianPackage: 'restic',
    why: 'the oracle: it reads what we write, and we read what it writes',
  },
  { name: 'openssl', debianPackage: 'openssl', why: 'it makes certificates for servers of tests' },
  { name: 'git', debianPackage: 'git', why: 'the house rules read every file that Git knows' },
  {
    name: '/usr/bin/python3',
    debianPackage: 'python3',
    file: '/usr/bin/python3',
    why: 'it runs the S3 servers of tests',
  },
  {
    name: 'postgresql-15',
    debianPackage: 'postgresql-15',
    file: '/usr/lib/postgresql/15/bin/postgres',
    why: 'a database server of tests',
  },
  {
    name: 'postgresql-client-15',
    debianPackage: 'postgresql-client-15',
    file: '/usr/lib/postgresql/15/bin/pg_basebackup',
    why: 'the oracles of base backups, logs and dumps',
  },
  library('python3-flask', 'flask', forMoto),
  library('python3-flask-cors', 'flask_cors', forMoto),
  library('python3-boto3', 'boto3', forMoto),
  library('python3-responses', 'responses', forMoto),
  library('python3-xmltodict', 'xmltodict.py', forMoto),
  library('python3-antlr4', 'antlr4', forMoto),
  library('python3-jinja2', 'jinja2', forMoto),
  library('python3-swift', 'swift', 'a durable S3 server for tests that checks signatures'),
];

/** Programs that tests run and every Debian has, so that nobody has to install them. */
export const alwaysThere: readonly string[] = [
  ...[
    'sh',
    'bash',
    'true',
    'false',
    'cat',
    'cp',
    'rm',
    'touch',
    'mkfifo',
    'mknod',
    'dd',
    'tar',
    'sleep',
    'kill',
  ],
  ...['mount', 'umount', 'setpriv', 'unshare', 'script', 'node', 'npm'],
];
