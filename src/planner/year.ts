/** Hours in a year of 365 days; all yearly figures use it. */
export const HOURS_PER_YEAR = 8760;
