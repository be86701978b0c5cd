/** The three functions of jstat that the planner uses; the package has no types of its own. */
declare module "jstat" {
  interface Distribution {
    inv(p: number, ...parameters: number[]): number;
  }
  const jStat: { studentt: Distribution; beta: Distribution; chisquare: Distribution };
  export default jStat;
}
