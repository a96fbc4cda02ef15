/** Places and values of a plan as a sentence has them. */
import { canonicalJson } from '../canonical-json.ts';
import { formatPlanPath, type PlanPath } from '../plan-path.ts';

const blockWords: Readonly<Record<string, string>> = {
  systems: 'system',
  vaults: 'vault',
  tiers: 'tier',
  data_classes: 'data class',
  sites: 'site',
  failovers: 'failover',
  runbooks: 'runbook',
  scenarios: 'scenario',
  drills: 'drill',
  probes: 'probe',
  channels: 'channel',
  alerts: 'alert',
  contacts: 'contact',
  teams: 'team',
  rotas: 'rota',
  escalations: 'escalation',
  vendors: 'vendor',
  destinations: 'destination',
  recovery_needs: 'recovery need',
};

/** `system orders-db`, `checks of system orders-db`. */
export function placeWords(path: PlanPath): string {
  const [block = '', name, ...rest] = path;
  const noun = blockWords[String(block)];
  if (noun === undefined || name === undefined) return formatPlanPath(path);
  const thing = `${noun} ${String(name)}`;
  return rest.length === 0 ? thing : `${formatPlanPath(rest)} of ${thing}`;
}

const wordsLengthMax = 80;

export function valueWords(value: unknown): string {
  const text = textOf(value);
  return text.length <= wordsLengthMax ? text : `${text.slice(0, wordsLengthMax - 1)}…`;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value.replaceAll(/\s+/g, ' ');
  if (Array.isArray(value) && value.length > 0 && value.every(isScalar)) return value.map(String).join(', ');
  return canonicalJson(value);
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** An item of a list by what it is called: `safety-copy of orders-db`, `integrity`, `sql "no order is lost"`. */
export function itemWords(item: unknown): string {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return valueWords(item);
  const fields: Readonly<Record<string, unknown>> = { ...item };
  const what = fields['do'] ?? fields['kind'];
  if (typeof what !== 'string') return valueWords(item);
  const title = fields['title'] ?? fields['name'];
  const systems = fields['systems'];
  const named = typeof title === 'string' ? ` "${title}"` : '';
  const about = Array.isArray(systems) && systems.length > 0 ? ` of ${systems.map(String).join(', ')}` : '';
  return valueWords(`${what}${named}${about}`);
}
