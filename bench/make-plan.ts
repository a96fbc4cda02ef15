/** A large plan of the whole language, the same each time: what linter and simulation are measured with. */

/** Systems that depend on each other, with lines of backups, logs, estimates, checks, a runbook and a scenario that takes all. */
export function makePlan(systems: number): string {
  const names = Array.from({ length: systems }, (_, index) => index);
  return `${head}systems:\n${names.map(system).join('')}${recovery}`;
}

const head = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Large, owner: Jane Doe }
sites:
  primary: { role: primary, region: eu-central-1 }
  standby: { role: standby, region: eu-west-1 }
vaults:
  here: { location: /mnt/here, site: primary, password: "\${env:HERE}" }
  away: { location: /mnt/away, role: secondary, off_site: true, site: standby, password: "\${env:AWAY}" }
objectives: { rpo: 30 h, rto: 24 h }
tiers:
  critical: { rpo: 3 h, rto: 24 h }
  standard: { rto: 24 h }
contacts:
  jane: { name: Jane Doe, phone: "+49 30 1234567", email: jane@example.org }
`;

function system(index: number): string {
  const before = index === 0 ? '' : `    depends_on: [system-${Math.floor(index / 2)}, system-0]\n`;
  return `  system-${index}:
    tier: ${index % 3 === 0 ? 'critical' : 'standard'}
    description: System number ${index} of a large plan
    owner: Team ${index % 17}
${index === 1 ? '    depends_on: [system-0]\n' : before}    source: { kind: files, paths: [./data/${index}], exclude: ["*.tmp"] }
    backups:
      full: { kind: full, schedule: daily at 0${index % 6}:00 UTC }
      incremental: { kind: incremental, schedule: hourly }
    retention: { daily: 14, weekly: 8, monthly: 12 }
    checks: [files]
    estimates: { size: ${10 + (index % 90)} GiB, restore_rate: 200 MB/s, start: 1 min }
`;
}

const recovery = `runbooks:
  everything:
    steps:
      - { do: assemble, team: [jane] }
      - { do: restore, systems: [system-0] }
scenarios:
  region-loss: { kind: site-loss, strikes: { sites: [primary] }, runbooks: [everything] }
`;
