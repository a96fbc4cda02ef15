/** The blocks of a plan that are not systems or vaults: empty where the plan has none. */
import type { Plan } from './plan-schema.ts';
import type { GovernanceBlocks, NamedBlocks } from './resolved-plan.ts';

export function namedBlocks(plan: Plan): NamedBlocks {
  return { ...recoveryBlocks(plan), ...peopleBlocks(plan) };
}

function recoveryBlocks(plan: Plan) {
  return {
    sites: plan.sites ?? {},
    destinations: plan.destinations ?? {},
    failovers: plan.failovers ?? {},
    recoveryNeeds: plan.recovery_needs ?? {},
    runbooks: plan.runbooks ?? {},
    scenarios: plan.scenarios ?? {},
    drills: plan.drills ?? {},
    probes: plan.probes ?? {},
    channels: plan.channels ?? {},
    alerts: plan.alerts ?? {},
  };
}

function peopleBlocks(plan: Plan) {
  return {
    contacts: plan.contacts ?? {},
    teams: plan.teams ?? {},
    rotas: plan.rotas ?? {},
    escalations: plan.escalations ?? {},
    vendors: plan.vendors ?? {},
    insurance: plan.insurance ?? {},
    training: plan.training ?? {},
  };
}

export function governanceBlocks(plan: Plan): GovernanceBlocks {
  const { communication, records, compliance, budget, readiness, review } = plan;
  const documents = plan.related_documents;
  return {
    ...(communication === undefined ? {} : { communication }),
    ...(records === undefined ? {} : { records }),
    ...(compliance === undefined ? {} : { compliance }),
    ...(budget === undefined ? {} : { budget }),
    ...(readiness === undefined ? {} : { readiness }),
    ...(review === undefined ? {} : { review }),
    ...(documents === undefined ? {} : { relatedDocuments: documents }),
  };
}
