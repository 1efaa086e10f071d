/* Tests in the engines that people run jobs with. */

/** Says by name why tests in an engine are skipped, undefined if they are not; where engines are required, that is an error. */
export function skipReason(engine: string, reason: string | undefined): string | undefined {
  if (reason === undefined) return undefined;
  if (process.env.REQUIRE_ENGINES) throw new Error(`${engine}: ${reason}`);
  console.warn(`tests in ${engine} are skipped: ${reason}`);
  return reason;
}
