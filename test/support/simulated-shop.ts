/** A plan with sites, vaults, runbooks, people and needs, of which every figure can be worked out by hand. */
export const simulatedShop = `version: 1
metadata:
  id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77
  name: Shop
  owner: Jane Doe
  time_zone: UTC
sites:
  east: { role: primary, provider: Hoster }
  west: { role: recovery, provider: Cloud, provision_takes: 30 min }
vaults:
  here: { location: /backup/here, site: east }
  away: { location: s3://shop-away/lifeboat, off_site: true, provider: Cloud, role: secondary }
objectives: { rpo: 2 h, rto: 3 h }
systems:
  orders-db:
    source: { kind: sqlite, path: ./orders.db }
    schedule: hourly
    vaults: [here, away]
    estimates: { capture: 10 min, copy: 5 min, restore: 40 min, start: 5 min }
    needs: [git]
  uploads:
    source: { kind: files, paths: [./uploads] }
    schedule: daily at 02:00
    vaults: [here, away]
    objectives: { rpo: 26 h, rto: 2 h }
    estimates: { capture: 30 min, copy: 30 min, restore: 1 h, start: 0.5 min }
  api:
    depends_on: [orders-db, uploads]
    release: { repository: code }
    estimates: { start: 10 min }
    objectives: { rto: 150 min }
  code:
    source: { kind: files, paths: [./code] }
    schedule: daily at 03:00
    vaults: [here]
    objectives: { rpo: 30 h, rto: 3 h }
  mail:
    site: west
recovery_needs:
  git: { kind: git, provider: CodeHost, vendor: codehost, site: east, fallback: the mirror in the vault }
  paging: { kind: paging }
probes:
  api-health: { kind: http, target: "https://shop.example.org/health", interval: 1 min, failures: 2, timeout: 10 s, systems: [api] }
contacts:
  jane: { name: Jane Doe, phone: "+49 30 1234567" }
  john: { name: John Roe, email: john@example.org }
teams:
  response: { members: [jane, john] }
escalations:
  default: { levels: [{ who: [jane], timeout: 10 min }, { who: [response], timeout: 20 min }] }
vendors:
  codehost: { service: code hosting, phone: "+1 555 0100", answers_within: 1 h }
runbooks:
  database-restore:
    steps:
      - { do: stop, systems: [api], takes: 2 min }
      - { do: restore, systems: [orders-db], from: away, approval: { of: [jane], timeout: 15 min } }
      - { do: check, systems: [orders-db], takes: 8 min, by: [john] }
      - { do: start, systems: [api] }
scenarios:
  region-loss:
    description: The east is gone.
    kind: site-loss
    strikes: { sites: [east] }
    detection: { by: [api-health] }
    escalation: default
    declared_by: [jane]
  corruption:
    kind: data-corruption
    strikes: { systems: [orders-db] }
    detection: { by: [api-health] }
    runbooks: [database-restore]
    escalation: default
    unnoticed_for: 3 h
    objectives: { rpo: 4 h, rto: 1 h, override: agreed }
  restart:
    kind: service-failure
    strikes: { systems: [api] }
    detection: { within: 5 min }
  nothing-known:
    kind: ransomware
    strikes: { systems: [uploads] }
`;
