/** The plan of the demonstration shop, written to be read. */
export function quickstartPlan(planId: string): string {
  return head(planId) + systems;
}

function head(planId: string): string {
  return `# The plan of the demonstration shop. "lifeboat lint" says what is wrong with it; docs/guides/plan.md
# in the Lifeboat checkout explains every field.
version: 1

metadata:
  id: ${planId} # backups are found by it
  name: Shop
  owner: You # answers for the plan

# Where the backups go. Here both are beside the shop, on one disk: good enough for a demonstration only.
# Yours belong on another disk, another machine, another building.
vaults:
  primary:
    location: ./vaults/primary
    role: primary
    password: \${file:keys/primary} # never the password itself
  secondary:
    location: ./vaults/secondary
    role: secondary
    password: \${file:keys/secondary}

# How much may be lost (RPO), and how fast it must be back (RTO).
tiers:
  critical:
    description: Nobody can order without it
    rpo: 1 h
    rto: 10 min
  standard:
    rpo: 26 h
    rto: 1 h

`;
}

const systems = `systems:
  orders-db:
    description: Customers, products and orders
    tier: critical
    source: { kind: sqlite, path: ./shop/orders.db } # copied consistently while the shop writes
    schedule: every 30 min
    retention: { hourly: 48, daily: 30, monthly: 12 }
    # What must be true of a restored copy before its backup counts as proven.
    checks:
      - integrity
      - foreign_keys
      - kind: sql
        name: no order is lost
        query: select count(*) from orders
        expect: source # what the same query gave when the backup was taken
        tolerance: 0
      - kind: sql
        name: every order has lines
        query: select count(*) from orders where id not in (select order_id from order_lines)
        expect: 0
    # A small table of its own, written just before each backup: loss is then measured, not guessed.
    canary: { kind: table }

  uploads:
    description: Pictures, invoices, and what customers sent
    tier: standard
    depends_on: [orders-db] # comes back after it
    source: { kind: files, paths: [./shop/uploads], exclude: ["*.tmp"] }
    schedule: daily at 02:00
    retention: { daily: 14, weekly: 8 }
    checks: [files] # count and hashes as they were captured

  settings:
    description: Passwords and addresses of the shop
    tier: standard
    source: { kind: env, files: [./shop/.env] } # its values lie nowhere but in the encrypted vaults
    schedule: daily at 02:15
    retention: { daily: 14, weekly: 8 }
    checks: [files]
`;
