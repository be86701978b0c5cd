/** SRV records (RFC 2782): which target is tried first. */

export interface Weighed {
  priority: number;
  weight: number;
}

/** By priority, and among equals at random by weight. Pure. @param random from 0 to less than 1 */
export function orderSrv<One extends Weighed>(records: readonly One[], random: () => number): One[] {
  const rest = [...records];
  const ordered: One[] = [];
  while (rest.length > 0) {
    const best = Math.min(...rest.map((one) => one.priority));
    const equals = rest.filter((one) => one.priority === best);
    let left = random() * equals.reduce((sum, one) => sum + one.weight, 0);
    const chosen = equals.find((one) => {
      left -= one.weight;
      return left < 0;
    });
    const next = chosen ?? equals[0];
    if (!next) break;
    ordered.push(next);
    rest.splice(rest.indexOf(next), 1);
  }
  return ordered;
}
